package org.pgsteward.backup.copy.ends;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Comparator;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import org.pgsteward.OtherEnd;

/**
 * The folder of a server, which also has its files. The path is short, and other users may pass through.
 *
 * @param user the user of the server's process: not root, whom no permission stops
 */
record ServedFolder(Path folder, String user) {
    /** Creates the folder for the user {@code postgres}, or else {@code nobody}, if the tests run as root. */
    static ServedFolder create() throws Exception {
        Path folder = Files.createTempDirectory(Path.of("/tmp"), "pgsteward-end-");
        Files.setPosixFilePermissions(folder, PosixFilePermissions.fromString("rwx--x--x"));
        return new ServedFolder(folder, Client.isRoot() ? unprivileged() : System.getProperty("user.name"));
    }

    private static String unprivileged() throws IOException {
        boolean postgres = Files.readAllLines(Path.of("/etc/passwd")).stream()
                .anyMatch(line -> line.startsWith("postgres:") && !line.endsWith("nologin"));
        return postgres ? "postgres" : "nobody";
    }

    /** Returns the program that starts another as the user, with its arguments; empty if that user runs the tests. */
    List<String> as() {
        return Client.isRoot()
                ? List.of("setpriv", "--reuid=" + user, "--regid=" + group(), "--clear-groups", "--")
                : List.of();
    }

    private String group() {
        try {
            return OtherEnd.run("id", "-gn", user).get(0);
        } catch (Exception e) {
            throw new IllegalStateException(e);
        }
    }

    /** Gives a file or folder to the user. */
    Path own(Path path) throws Exception {
        if (Client.isRoot()) {
            OtherEnd.run("chown", "-R", user + ":" + group(), path.toString());
        }
        return path;
    }

    /** Takes the permission to change a folder and all below it, or returns it. Files can still be read. */
    static void readOnly(Path folder, boolean yes) throws IOException {
        try (Stream<Path> all = Files.walk(folder)) {
            for (Path path : all.toList()) {
                Set<PosixFilePermission> permissions = Files.getPosixFilePermissions(path);
                if (yes) {
                    permissions.removeAll(PosixFilePermissions.fromString("-w--w--w-"));
                } else {
                    permissions.add(PosixFilePermission.OWNER_WRITE);
                }
                Files.setPosixFilePermissions(path, permissions);
            }
        }
    }

    void delete() throws IOException {
        try (Stream<Path> all = Files.walk(folder)) {
            for (Path path : all.sorted(Comparator.reverseOrder()).toList()) {
                Files.delete(path);
            }
        }
    }
}
