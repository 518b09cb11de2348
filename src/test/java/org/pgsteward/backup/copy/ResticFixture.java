package org.pgsteward.backup.copy;

import com.github.luben.zstd.Zstd;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import org.pgsteward.TestHost;
import org.pgsteward.backup.copy.ends.Client;
import org.pgsteward.backup.store.AgeKeys;
import org.pgsteward.backup.store.DatabaseEnvironment;
import org.pgsteward.backup.store.Manifest;
import org.pgsteward.backup.store.Store;
import org.pgsteward.backup.store.StoredFile;
import org.pgsteward.io.Sha256;

/** A repository of restic with the backups of a store that have random content. */
final class ResticFixture {
    static final String PASSWORD = "Tr0ub4dor-and-3";

    private static final Path EMPTY = Path.of("src/test/resources/restic-repository");

    private final Path folder;
    private final String repository;
    private final Map<String, String> more;

    /** @param more settings by the end of their names */
    ResticFixture(Path folder, String repository, Map<String, String> more) {
        this.folder = folder;
        this.repository = repository;
        this.more = more;
    }

    /**
     * Creates an empty repository. Its key file asks for the least work: scrypt with N=2, r=1 and p=1. restic would write one
     * that takes half a second for each command.
     */
    static void create(Path repository) throws IOException {
        for (String folder : List.of("keys", "data", "index", "locks", "snapshots")) {
            Files.createDirectories(repository.resolve(folder));
        }
        for (Path file : TestHost.files(EMPTY, "")) {
            Files.copy(file, repository.resolve(EMPTY.relativize(file).toString()));
        }
    }

    ResticPlace place() throws IOException {
        return place("state", Optional.empty(), Optional.empty());
    }

    /** @param state the state folder of a machine */
    ResticPlace place(String state, Optional<Path> knownHosts, Optional<Path> key) throws IOException {
        return ResticPlace.of(
                new CopyPrograms(folder.resolve(state), this::setting),
                "restic",
                "pgsteward.copy.restic",
                knownHosts,
                key);
    }

    private Optional<String> setting(String name) {
        String end = name.substring("pgsteward.copy.restic.".length());
        Map<String, String> usual = Map.of("repository", repository, "password", PASSWORD);
        return Optional.ofNullable(more.getOrDefault(end, usual.get(end)));
    }

    /** The commands of restic on it. */
    Restic restic() throws IOException {
        return new Restic(ResticSettings.of(
                new CopyPrograms(folder.resolve("state"), this::setting),
                "restic",
                "pgsteward.copy.restic",
                new ResticSettings.Ssh(Optional.empty(), Optional.empty())));
    }

    /** Runs restic by hand. */
    String byHand(String... command) throws Exception {
        return Client.restic(repository, PASSWORD, List.of(), Map.of(), command).done();
    }

    static byte[] content(int size, long seed) {
        byte[] content = new byte[size];
        new Random(seed).nextBytes(content);
        return content;
    }

    /** Writes a compressed backup into the store. */
    Outgoing backup(String name, byte[] plain, long bytesPerSecond) throws IOException {
        return outgoing("app/" + name + ".dump.zst", Zstd.compress(plain), AgeKeys.NONE, List.of(), bytesPerSecond);
    }

    Outgoing outgoing(String path, byte[] stored, AgeKeys keys, List<String> recipients, long bytesPerSecond)
            throws IOException {
        Path file = folder.resolve("store").resolve(path);
        Files.createDirectories(file.resolveSibling(""));
        Files.write(file, stored);
        String id = path.replaceAll("^.*/|\\.dump.*$", "");
        String sha256 = HexFormat.of().formatHex(Sha256.digest().digest(stored));
        Instant at = Instant.parse("2026-12-01T03:00:00Z");
        Manifest manifest = new Manifest(
                new Manifest.Identity(id, "00000000-0000-0000-0000-000000000001", ""),
                new Manifest.Source("app", "app", "app", "", "dump"),
                new Manifest.Run(at, at, "15.0", "15"),
                new Manifest.File(file.getFileName().toString(), sha256, stored.length, 8, recipients, ""),
                new Manifest.Contents(Map.of(), Map.of(), DatabaseEnvironment.UNKNOWN),
                List.of());
        return new Outgoing(
                path,
                file,
                stored.length,
                sha256,
                id,
                Optional.empty(),
                Optional.of(new StoredFile(file, manifest, keys)),
                true,
                bytesPerSecond);
    }

    /** Writes the manifest of a backup into the store. */
    Outgoing manifest(Outgoing backup) throws IOException {
        String path = Store.manifestOf(backup.path());
        Path root = folder.resolve("store");
        Files.write(root.resolve(path), ("{\"of\":\"" + path + "\"}").getBytes(StandardCharsets.UTF_8));
        return Fixtures.outgoing(root, path, true);
    }

    /** Copies a backup with its manifest. */
    static byte[] read(CopyPlace place, String path) throws Exception {
        try (Incoming back = place.get(path)) {
            return back.content().readAllBytes();
        }
    }
}
