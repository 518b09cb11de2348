package org.pgsteward.backup.store;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Reads manifests, and changes them for a test. */
public final class Manifests {
    private Manifests() {}

    /** Writes {@code text} with a valid signature, made by the key in the host's state folder. */
    public static void write(Path manifest, String text) throws IOException {
        Path key = manifest.resolve("../../../state/manifest_key").normalize();
        byte[] unsigned = unsigned(text).getBytes(StandardCharsets.UTF_8);
        Files.write(manifest, ManifestKeys.of(Optional.empty(), key).signed(unsigned));
    }

    /** Returns a text without the line of its signature. */
    public static String unsigned(String text) {
        return text.replaceFirst(",\\n  \"signature\" : \"[^\"]*\"(?=\\n}\\z)", "");
    }

    /** Returns the readable manifests of a service with the rows of their tables, newest first. */
    public static List<Manifest> of(Store store, String service) throws IOException {
        return of(store, store.folderOfService(service));
    }

    /** Returns the readable manifests of all services with the rows of their tables. */
    public static List<Manifest> all(Store store) throws IOException {
        return Files.isDirectory(store.root()) ? whole(store, Inventory.of(store)) : List.of();
    }

    private static List<Manifest> of(Store store, Path folder) throws IOException {
        Inventory all = Files.isDirectory(folder) ? Inventory.of(store) : new Inventory(List.of(), Map.of());
        return whole(store, all.only(backup -> store.resolve(backup.path()).startsWith(folder)));
    }

    private static List<Manifest> whole(Store store, Inventory inventory) throws IOException {
        List<Manifest> manifests = new ArrayList<>();
        for (StoredBackup backup : inventory.backups()) {
            manifests.add(store.manifests().read(backup.path()));
        }
        return manifests;
    }
}
