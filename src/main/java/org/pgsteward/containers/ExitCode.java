package org.pgsteward.containers;

import java.util.Map;

/**
 * What a container's exit code means. 125 to 127 are Docker's and the shell's own; above 128 it is 128 plus the number
 * of the signal that ended it.
 */
final class ExitCode {
    /** By {@code docker kill}, by {@code docker stop} of one that does not listen, by the kernel, or by anybody. */
    static final int KILLED = 137;

    private static final Map<Integer, String> MEANINGS = Map.ofEntries(
            Map.entry(0, "ended by itself, without an error"),
            Map.entry(125, "Docker could not run it"),
            Map.entry(126, "its command is not executable"),
            Map.entry(127, "its command was not found"),
            Map.entry(130, "ended by SIGINT, as told to"),
            Map.entry(134, "it gave up, SIGABRT"),
            Map.entry(KILLED, "killed, SIGKILL"),
            Map.entry(139, "segmentation fault, SIGSEGV"),
            Map.entry(143, "ended by SIGTERM, as told to"));

    private ExitCode() {}

    /** Such as {@code exit code 137 (killed, SIGKILL)}. */
    static String words(int code) {
        String meaning = MEANINGS.get(code);
        if (meaning == null && code > 128 && code <= 128 + 64) {
            meaning = "signal " + (code - 128);
        }
        return "exit code " + code + (meaning == null ? "" : " (" + meaning + ")");
    }

    /** Whether a program ends so when it is asked to, or has done its work. */
    static boolean isPeaceful(int code) {
        return code == 0 || code == 130 || code == 143;
    }
}
