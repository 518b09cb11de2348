package org.pgsteward.cli.demo;

import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** Output of the demonstration: a line at the end of each step, and a table at the end. */
final class Screen {
    private final PrintWriter out;
    private final List<String[]> rows = new ArrayList<>();
    private long began = System.nanoTime();

    Screen(PrintWriter out) {
        this.out = out;
    }

    void say(String line) {
        out.println(line);
        out.flush();
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
