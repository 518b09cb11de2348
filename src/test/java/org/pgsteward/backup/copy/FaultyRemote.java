package org.pgsteward.backup.copy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.pgsteward.backup.copy.ends.Client;

/** A remote of rclone: a folder of OpenSSH behind a link with faults. */
final class FaultyRemote implements FaultyEnd {
    private final CopyFaultCase of;
    private final FaultyServer server;
    private final PlaceRecipe recipe;

    FaultyRemote(CopyFaultCase of, Path parent) throws Exception {
        Client.need("rclone", "rclone");
        this.of = of;
        server = new FaultyServer(of);
        recipe = PlaceRecipe.rclone(
                parent.resolve("state"),
                "nas:" + server.end().served() + "/copies",
                server.end().rclone("nas", server.port()));
    }

    @Override
    public PlaceRecipe recipe() {
        return recipe;
    }

    @Override
    public void fail() throws Exception {
        server.fail();
    }

    @Override
    public void recover() throws Exception {
        server.recover();
    }

    private Path copies() {
        return server.behind().resolve("copies");
    }

    @Override
    public boolean isWhole(String path, Path stored) throws IOException {
        return FaultyFiles.sha256(copies().resolve(path)).equals(FaultyFiles.sha256(stored));
    }

    @Override
    public Optional<Path> files() {
        return Optional.of(copies()).filter(Files::isDirectory);
    }

    @Override
    public void alter(String path) throws IOException {
        FaultyFiles.alter(copies().resolve(path), of.variant(3), of.moment().bytes());
    }

    @Override
    public void remove(String path) throws IOException {
        Files.delete(copies().resolve(path));
    }

    @Override
    public void age() throws IOException {
        FaultyFiles.age(server.behind());
    }

    @Override
    public List<String> leftovers() throws IOException {
        return CopyHost.filesIn(server.behind()).stream()
                .filter(name -> name.endsWith(".part"))
                .toList();
    }

    @Override
    public void close() throws IOException {
        server.close();
    }
}
