package org.pgsteward.cli;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Properties of the terminal, if there is one. */
final class Terminal {
    /** Lines and columns. The columns are zero if the terminal does not know its size. */
    private static final Pattern SIZE = Pattern.compile("\\d+ ([1-9]\\d{0,4})");

    private static final int IN = 0;
    private static final int OUT = 1;
    private static final int ERR = 2;

    private Terminal() {}

    /** Returns whether a person can answer. */
    static boolean readsInput() {
        return isTerminal(IN);
    }

    static boolean readsOutput() {
        return isTerminal(OUT);
    }

    static boolean readsErrors() {
        return isTerminal(ERR);
    }

    /**
     * Returns the width of the terminal in characters; {@link Integer#MAX_VALUE} if there is no terminal, or its width
     * is unknown.
     */
    static int columns() {
        if (!readsOutput()) {
            return Integer.MAX_VALUE;
        }
        try {
            Process stty = new ProcessBuilder("stty", "size")
                    .redirectInput(Path.of("/dev/tty").toFile())
                    .redirectError(ProcessBuilder.Redirect.DISCARD)
                    .start();
            String size = new String(stty.getInputStream().readAllBytes(), StandardCharsets.US_ASCII);
            Matcher columns = SIZE.matcher(size.strip());
            return columns.matches() ? Integer.parseInt(columns.group(1)) : Integer.MAX_VALUE;
        } catch (IOException unknown) {
            return Integer.MAX_VALUE;
        }
    }

    /**
     * Returns whether a stream is a terminal. It does not use {@code System.console()}, which newer Java versions
     * return for any stream.
     */
    private static boolean isTerminal(int descriptor) {
        try {
            return Files.readSymbolicLink(Path.of("/proc/self/fd", Integer.toString(descriptor)))
                    .toString()
                    .matches("/dev/(pts/.*|tty.*|console)");
        } catch (IOException e) {
            return false;
        }
    }
}
