package org.pgsteward.backup.store;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Manifests that a test changes. */
public final class Manifests {
    private Manifests() {}

    /** Writes {@code text} and signs it, as a program would that has the key of the host's state folder. */
    public static void write(Path manifest, String text) throws IOException {
        Path key = manifest.resolve("../../../state/manifest_key").normalize();
        byte[] unsigned = unsigned(text).getBytes(StandardCharsets.UTF_8);
        Files.write(manifest, ManifestKeys.of(Optional.empty(), key).signed(unsigned));
    }

    /** The same without the line of the signature. */
    public static String unsigned(String text) {
        return text.replaceFirst(",\\n  \"signature\" : \"[^\"]*\"(?=\\n}\\z)", "");
    }

    /** Returns those of a service that can be read, with the rows of their tables, newest first. */
    public static List<Manifest> of(Store store, String service) throws IOException {
        return of(store, store.folderOfService(service));
    }

    /** Returns those of all services. */
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
