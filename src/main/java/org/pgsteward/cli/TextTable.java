package org.pgsteward.cli;

import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/** Aligned columns for a terminal, two spaces between them. A head that ends in {@code >} has its column to the right. */
final class TextTable {
    private static final String RIGHT = ">";

    private final List<String[]> rows = new ArrayList<>();
    private final Ink ink;
    private final String[] heads;
    private final boolean[] right;

    TextTable(Ink ink, String... heads) {
        this.ink = ink;
        this.heads = new String[heads.length];
        this.right = new boolean[heads.length];
        for (int column = 0; column < heads.length; column++) {
            right[column] = heads[column].endsWith(RIGHT);
            this.heads[column] = right[column] ? heads[column].substring(0, heads[column].length() - 1) : heads[column];
        }
    }

    /** @param cells may be coloured */
    void row(String... cells) {
        if (cells.length != heads.length) {
            throw new IllegalArgumentException(cells.length + " cells under " + heads.length + " heads");
        }
        rows.add(cells);
    }

    /** As wide as it is. */
    void print(PrintWriter out) {
        print(out, Integer.MAX_VALUE);
    }

    /** Without the last columns that do not fit into so many characters. */
    void print(PrintWriter out, int most) {
        int[] widths = new int[heads.length];
        for (int column = 0; column < heads.length; column++) {
            int at = column;
            widths[column] = Stream.concat(Stream.<String[]>of(heads), rows.stream())
                    .mapToInt(row -> Ink.width(row[at]))
                    .max()
                    .orElse(0);
        }
        int fitting = 1;
        for (int used = widths[0]; fitting < widths.length; fitting++) {
            used += widths[fitting] + 2;
            if (used > most) {
                break;
            }
        }
        int columns = fitting;
        out.println(ink.soft(line(heads, widths, columns)));
        rows.forEach(row -> out.println(line(row, widths, columns)));
    }

    private String line(String[] row, int[] widths, int columns) {
        StringBuilder line = new StringBuilder();
        for (int column = 0; column < columns; column++) {
            String pad = " ".repeat(widths[column] - Ink.width(row[column]));
            line.append(right[column] ? pad + row[column] : row[column] + pad).append("  ");
        }
        return line.toString().stripTrailing();
    }
}
