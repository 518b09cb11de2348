package org.pgsteward.postgres;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * A cluster that one {@code initdb} in a test JVM creates, copied for each {@link TestCluster}. A copy takes a tenth of
 * the processor time, and a test run starts some hundred clusters.
 */
final class TestClusterTemplate {
    private static final Map<Integer, Path> BY_MAJOR = new HashMap<>();

    private TestClusterTemplate() {}

    /** Returns {@code data}, which then contains a new cluster with the administrator {@code homelab}. */
    static synchronized Path copy(Programs programs, UnprivilegedUser user, Path data)
            throws IOException, InterruptedException {
        Path template = BY_MAJOR.get(programs.major());
        if (template == null) {
            Path folder = user.own(Files.createTempDirectory(Path.of("/tmp"), "pgsteward-template-"));
            Runtime.getRuntime().addShutdownHook(new Thread(() -> ThrowawayCluster.remove(folder)));
            template = folder.resolve("cluster");
            new EmptyCluster(programs, user).initialise(template, "homelab", true);
            BY_MAJOR.put(programs.major(), template);
        }
        ClientProgram.run(user, List.of("cp", "-a", template.toString(), data.toString()), Map.of(), "");
        return data;
    }
}
