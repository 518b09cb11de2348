package org.pgsteward.backup.copy;

import com.fasterxml.jackson.databind.JsonNode;
import com.github.luben.zstd.ZstdInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.pgsteward.TestHost;
import org.pgsteward.backup.copy.ends.Client;
import org.pgsteward.backup.copy.ends.MountedFolder;
import org.pgsteward.io.Json;

/**
 * A repository of restic: behind OpenSSH if the fault is one of the link or the server, and else on a disk of this host.
 */
final class FaultyRestic implements FaultyEnd {
    private final CopyFaultCase of;
    private final Optional<FaultyServer> server;
    private final Optional<MountedFolder> disk;
    private final Path repository;
    private final PlaceRecipe recipe;

    FaultyRestic(CopyFaultCase of, Path parent) throws Exception {
        Client.need("restic", "restic");
        this.of = of;
        boolean isRemote = switch (of.fault()) {
            case LINK_CUT, CREDENTIALS_REVOKED, SLOW -> true;
            case GONE -> of.variant(3) == 0;
            default -> false;
        };
        server = isRemote ? Optional.of(new FaultyServer(of)) : Optional.empty();
        disk = !isRemote && of.fault().isOutage() ? Optional.of(MountedFolder.of("8m")) : Optional.empty();
        Path state = parent.resolve("state");
        if (isRemote) {
            FaultyServer there = server.orElseThrow();
            repository = there.behind().resolve("repository");
            recipe = PlaceRecipe.restic(
                    state,
                    there.end().resticRepository("repository", there.port()),
                    there.end().knownHosts(there.port()).toString(),
                    there.end().key().toString());
            ResticFixture.create(repository);
            there.end().own(repository);
        } else {
            repository = disk.map(MountedFolder::behind).orElse(parent).resolve("repository");
            recipe = PlaceRecipe.restic(
                    state,
                    disk.map(MountedFolder::folder)
                            .orElse(parent)
                            .resolve("repository")
                            .toString(),
                    "",
                    "");
            ResticFixture.create(repository);
        }
    }

    @Override
    public PlaceRecipe recipe() {
        return recipe;
    }

    @Override
    public void fail() throws Exception {
        if (server.isPresent()) {
            server.get().fail();
            return;
        }
        if (disk.isEmpty()) {
            Files.move(repository, away());
            return;
        }
        MountedFolder mounted = disk.get();
        switch (of.fault()) {
            case FULL -> FaultyDisk.fill(mounted, of.moment());
            case READ_ONLY -> mounted.readOnly(true);
            default -> mounted.unmount();
        }
    }

    @Override
    public void recover() throws Exception {
        if (server.isPresent()) {
            server.get().recover();
            return;
        }
        if (disk.isEmpty()) {
            Files.move(away(), repository);
            return;
        }
        MountedFolder mounted = disk.get();
        switch (of.fault()) {
            case FULL -> mounted.free();
            case READ_ONLY -> mounted.readOnly(false);
            default -> mounted.mount();
        }
    }

    private Path away() {
        return repository.resolveSibling("away");
    }

    /** Returns the folder of the repository, also while the target is gone. */
    private Path behind() {
        return Files.exists(away()) ? away() : repository;
    }

    /** Runs restic by hand on the disk of the repository. */
    private Client restic(String command, String... arguments) throws Exception {
        List<String> line = new java.util.ArrayList<>(
                List.of("bash", "-o", "pipefail", "-c", command, "restic", behind().toString()));
        line.addAll(List.of(arguments));
        return Client.run(Map.of("RESTIC_PASSWORD", ResticFixture.PASSWORD), line);
    }

    private Optional<JsonNode> snapshot(String path) throws Exception {
        JsonNode all = Json.mapper()
                .readTree(restic("restic --no-cache --no-lock -r \"$1\" snapshots --json --tag \"path=$2\"", path)
                        .done());
        JsonNode newest = null;
        for (JsonNode one : all) {
            newest = one;
        }
        return Optional.ofNullable(newest);
    }

    /** A damaged repository gets the file of the store instead of the plain dump. Both are whole. */
    @Override
    public boolean isWhole(String path, Path stored) throws Exception {
        Optional<JsonNode> snapshot = snapshot(path);
        if (snapshot.isEmpty()) {
            return false;
        }
        Client hash = restic(
                "restic --no-cache --no-lock -r \"$1\" dump \"$2\" \"$3\" | sha256sum",
                snapshot.get().path("id").asText(),
                snapshot.get().path("paths").get(0).asText());
        boolean isPlain = snapshot.get().path("tags").toString().contains("\"form=plain\"");
        try (InputStream file = Files.newInputStream(stored);
                InputStream content = isPlain ? new ZstdInputStream(file) : file) {
            return hash.exit() == 0 && hash.out().startsWith(FaultyFiles.sha256(content));
        }
    }

    @Override
    public Optional<Path> files() {
        return Optional.empty();
    }

    /**
     * Flips a bit in the middle of the largest part, or cuts it off there: it is of a backup, and not of the catalogue. restic
     * does not read the end, where the part lists its content.
     */
    @Override
    public void alter(String path) throws IOException {
        Path part = largest();
        int middle = (int) (Files.size(part) / 4) + of.moment().bytes() % (int) (Files.size(part) / 4);
        FaultyFiles.alter(part, of.variant(2), middle);
    }

    private Path largest() throws IOException {
        return TestHost.files(repository.resolve("data"), "").stream()
                .max(Comparator.comparing(file -> file.toFile().length()))
                .orElseThrow();
    }

    @Override
    public void remove(String path) throws Exception {
        if (of.variant(2) == 0) {
            Files.delete(largest());
        } else {
            Files.delete(repository
                    .resolve("snapshots")
                    .resolve(snapshot(path).orElseThrow().path("id").asText()));
        }
    }

    @Override
    public void age() throws IOException {
        FaultyFiles.age(repository);
    }

    @Override
    public List<String> leftovers() throws IOException {
        return CopyHost.filesIn(repository.resolve("locks"));
    }

    @Override
    public void close() throws IOException {
        if (server.isPresent()) {
            server.get().close();
        }
        if (disk.isPresent()) {
            disk.get().close();
        }
    }
}
