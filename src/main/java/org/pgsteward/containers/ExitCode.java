package org.pgsteward.containers;

import java.util.Map;

/**
 * The meaning of a container's exit code. Docker and the shell use 125 to 127. A code above 128 is 128 plus the number
 * of the signal that ended the container.
 */
final class ExitCode {
    /**
     * The exit code after SIGKILL: from {@code docker kill}, from {@code docker stop} of a program that ignores
     * SIGTERM, from the kernel, or from any other sender.
     */
    static final int KILLED = 137;

    private static final Map<Integer, String> MEANINGS = Map.ofEntries(
            Map.entry(0, "without an error"),
            Map.entry(125, "Docker could not run it"),
            Map.entry(126, "its command is not executable"),
            Map.entry(127, "its command was not found"),
            Map.entry(130, "ended by SIGINT, as requested"),
            Map.entry(134, "aborted, SIGABRT"),
            Map.entry(KILLED, "killed, SIGKILL"),
            Map.entry(139, "segmentation fault, SIGSEGV"),
            Map.entry(143, "ended by SIGTERM, as requested"));

    private ExitCode() {}

    /** Returns the code in words, such as {@code exit code 137 (killed, SIGKILL)}. */
    static String words(int code) {
        String meaning = MEANINGS.get(code);
        if (meaning == null && code > 128 && code <= 128 + 64) {
            meaning = "signal " + (code - 128);
        }
        return "exit code " + code + (meaning == null ? "" : " (" + meaning + ")");
    }

    /** Returns whether a program ends with this code after it finished its work or was asked to stop. */
    static boolean isPeaceful(int code) {
        return code == 0 || code == 130 || code == 143;
    }
}
