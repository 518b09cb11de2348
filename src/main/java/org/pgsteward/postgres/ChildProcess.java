package org.pgsteward.postgres;

import java.io.File;
import java.util.List;
import java.util.Map;

/** A child process of the unprivileged user, which inherits no environment but the path of programs. */
final class ChildProcess {
    private ChildProcess() {}

    /**
     * Returns the builder of a process in the root folder, with the locale {@code C.UTF-8}.
     *
     * @param environment the other variables of the process
     */
    static ProcessBuilder builder(UnprivilegedUser user, List<String> command, Map<String, String> environment) {
        ProcessBuilder builder = new ProcessBuilder(user.command(command));
        builder.environment().clear();
        builder.environment().put("PATH", System.getenv().getOrDefault("PATH", "/usr/bin:/bin"));
        builder.environment().put("LC_ALL", "C.UTF-8");
        builder.environment().putAll(environment);
        builder.directory(new File("/"));
        return builder;
    }

    /** Kills a process and its descendants, which hold its pipes open. Also ends a process that is stopped. */
    static void kill(Process process) {
        process.descendants().forEach(ProcessHandle::destroyForcibly);
        process.destroyForcibly();
    }
}
