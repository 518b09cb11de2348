package org.pgsteward.postgres;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.HashMap;
import java.util.Map;

/**
 * The empty cluster that a pgsteward copies its scratch clusters from, created once in a test JVM. Each test class has
 * its own state folder, and would run {@code initdb} again.
 */
public final class ScratchTemplate {
    /** The superuser of scratch clusters. */
    private static final String ADMINISTRATOR = "pgsteward_proof";

    private static final Map<Integer, Path> BY_MAJOR = new HashMap<>();

    private ScratchTemplate() {}

    /** Creates a state folder whose scratch folder contains a link to the empty cluster. */
    public static void link(Programs programs, Path state) throws IOException {
        UnprivilegedUser user = UnprivilegedUser.ofThisProcess();
        Files.createDirectories(state);
        Files.setPosixFilePermissions(state, PosixFilePermissions.fromString("rwx--x--x"));
        Path scratch = state.resolve("scratch");
        user.enterable(scratch);
        Files.createSymbolicLink(scratch.resolve("template-" + programs.major()), made(programs, user));
    }

    private static synchronized Path made(Programs programs, UnprivilegedUser user) throws IOException {
        Path made = BY_MAJOR.get(programs.major());
        if (made == null) {
            Path folder = user.own(Files.createTempDirectory(Path.of("/tmp"), "pgsteward-scratch-"));
            Runtime.getRuntime().addShutdownHook(new Thread(() -> ThrowawayCluster.remove(folder)));
            Path copy = user.own(folder.resolve("copy"));
            try {
                new EmptyCluster(programs, user).copy(folder, copy, ADMINISTRATOR);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw new IllegalStateException(e);
            }
            ThrowawayCluster.remove(copy);
            made = folder.resolve("template-" + programs.major());
            BY_MAJOR.put(programs.major(), made);
        }
        return made;
    }
}
