package org.pgsteward.cli.demo;

import java.io.IOException;
import java.io.PrintWriter;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.CancellationException;
import java.util.concurrent.locks.LockSupport;

/**
 * Output of the demonstration, on a terminal or not: a line at the end of each step, a line for each ten seconds of a
 * wait, and a table at the end.
 */
final class Screen {
    private static final Duration PATIENCE = Duration.ofMinutes(3);
    private static final Duration BETWEEN_SIGNS = Duration.ofSeconds(10);

    /** A condition that will hold. */
    @FunctionalInterface
    interface Question {
        boolean isTrue() throws Exception;
    }

    private final PrintWriter out;
    private final List<String[]> rows = new ArrayList<>();
    private long began = System.nanoTime();
    private boolean muted;

    Screen(PrintWriter out) {
        this.out = out;
    }

    /** @throws CancellationException after {@link #mute} */
    synchronized void say(String line) {
        if (muted) {
            throw new CancellationException("the demonstration ends");
        }
        last(line);
    }

    /** Ends the steps of the demonstration: the next line throws an exception. */
    synchronized void mute() {
        muted = true;
    }

    /** Prints a line regardless of that. */
    synchronized void last(String line) {
        out.println(line);
        out.flush();
    }

    /**
     * Waits until a condition holds.
     *
     * @param name of the condition, in words
     * @throws IOException if it does not hold within three minutes
     */
    void await(String name, Question question) throws Exception {
        long asked = System.nanoTime();
        long shown = asked;
        while (!question.isTrue()) {
            long now = System.nanoTime();
            if (now - asked > PATIENCE.toNanos()) {
                throw new IOException("waited " + PATIENCE.toSeconds() + " s without success for: " + name
                        + "; the lines above show the last step; a slow machine may succeed at the next try");
            }
            if (now - shown > BETWEEN_SIGNS.toNanos()) {
                shown = now;
                say("           after " + (now - asked) / 1_000_000_000 + " s still waiting for: " + name);
            }
            LockSupport.parkNanos(Duration.ofMillis(20).toNanos());
        }
    }

    /** Reports a finished step, which gets a row in the table. */
    void done(String step, String what, String where) {
        long now = System.nanoTime();
        say(String.format(Locale.ROOT, "  %5.1f s  %-10s %s", (now - began) / 1e9, step, what));
        began = now;
        rows.add(new String[] {step, what, where});
    }

    void table() {
        int first = width(0, "STEP");
        int second = width(1, "RESULT");
        String format = "%-" + first + "s  %-" + second + "s  %s";
        say("");
        say(String.format(Locale.ROOT, format, "STEP", "RESULT", "WHERE"));
        for (String[] row : rows) {
            say(String.format(Locale.ROOT, format, row[0], row[1], row[2]).stripTrailing());
        }
        say("");
    }

    private int width(int column, String title) {
        return Math.max(
                title.length(),
                rows.stream().mapToInt(row -> row[column].length()).max().orElse(0));
    }
}
