package org.pgsteward.postgres;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.stream.Stream;

/**
 * A second installation of the local PostgreSQL, with extensions of its own. PostgreSQL finds its files relative to its
 * programs. So copies of the programs beside links to all other files form an installation. It needs no privileges.
 */
public final class ExtendedPostgres implements AutoCloseable {
    private final Path root;
    private final Programs programs;
    private final Path extensions;

    private ExtendedPostgres(Path root, Programs programs, Path extensions) {
        this.root = root;
        this.programs = programs;
        this.extensions = extensions;
    }

    /** @throws IOException when the installation does not have Debian's layout */
    public static ExtendedPostgres of(Programs installed) throws IOException {
        String major = Integer.toString(installed.major());
        Path libraries = installed.directory().resolveSibling("lib");
        Path share = Path.of("/usr/share/postgresql", major);
        if (!installed.directory().equals(Path.of("/usr/lib/postgresql", major, "bin")) || !Files.isDirectory(share)) {
            throw new IOException(installed.directory() + " is no installation as on Debian");
        }
        Path root = Files.createTempDirectory(Path.of("/tmp"), "pgsteward-test-");
        Files.setPosixFilePermissions(root, PosixFilePermissions.fromString("rwxr-xr-x"));
        Path bin = Files.createDirectories(root.resolve("lib/postgresql/" + major + "/bin"));
        for (Path program : children(installed.directory())) {
            Files.copy(program, bin.resolve(program.getFileName()), StandardCopyOption.COPY_ATTRIBUTES);
        }
        Files.createSymbolicLink(bin.resolveSibling("lib"), libraries);
        Path shared = Files.createDirectories(root.resolve("share/postgresql/" + major));
        Path extensions = Files.createDirectory(shared.resolve("extension"));
        for (Path child : children(share)) {
            if (!child.endsWith("extension")) {
                Files.createSymbolicLink(shared.resolve(child.getFileName()), child);
            }
        }
        for (Path child : children(share.resolve("extension"))) {
            Files.createSymbolicLink(extensions.resolve(child.getFileName()), child);
        }
        return new ExtendedPostgres(root, new Programs(bin, installed.major()), extensions);
    }

    public Programs programs() {
        return programs;
    }

    /** Installs version 1 of an extension. */
    public ExtendedPostgres with(String extension, boolean trusted, String script) throws IOException {
        Files.writeString(
                extensions.resolve(extension + ".control"),
                "default_version = '1'\nrelocatable = false\ntrusted = " + trusted + "\n");
        Files.writeString(extensions.resolve(extension + "--1.sql"), script);
        return this;
    }

    private static List<Path> children(Path folder) throws IOException {
        try (Stream<Path> children = Files.list(folder)) {
            return children.toList();
        }
    }

    @Override
    public void close() {
        ThrowawayCluster.remove(root);
    }
}
