package org.pgsteward.cli;

import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import picocli.CommandLine.Help.Ansi.Text;

/**
 * Aligned columns for a terminal, with two spaces between them. A column whose heading ends in {@link #RIGHT}
 * is right-aligned. Picocli's {@code TextTable} needs each column's width in advance, aligns only to the left, and cannot
 * leave a column out.
 */
final class TextTable {
    /** End of the heading of a right-aligned column. */
    static final String RIGHT = ">";

    private final List<Text[]> rows = new ArrayList<>();
    private final Colours colours;
    private final Text[] heads;
    private final boolean[] right;

    TextTable(Colours colours, String... heads) {
        this.colours = colours;
        this.heads = new Text[heads.length];
        this.right = new boolean[heads.length];
        for (int column = 0; column < heads.length; column++) {
            right[column] = heads[column].endsWith(RIGHT);
            this.heads[column] = colours.plain(heads[column].replace(RIGHT, ""));
        }
    }

    /** @param cells strings, and texts with a colour */
    void row(Object... cells) {
        if (cells.length != heads.length) {
            throw new IllegalArgumentException(cells.length + " cells under " + heads.length + " heads");
        }
        rows.add(Arrays.stream(cells)
                .map(cell -> cell instanceof Text text ? text : colours.plain(cell.toString()))
                .toArray(Text[]::new));
    }

    /** Prints the table at its full width. */
    void print(PrintWriter out) {
        print(out, Integer.MAX_VALUE);
    }

    /** Prints the table without the last columns that exceed the width {@code most}, in characters. */
    void print(PrintWriter out, int most) {
        int[] widths = new int[heads.length];
        Stream.concat(Stream.<Text[]>of(heads), rows.stream()).forEach(row -> {
            for (int column = 0; column < row.length; column++) {
                widths[column] = Math.max(widths[column], row[column].getCJKAdjustedLength());
            }
        });
        int columns = 1;
        for (int used = widths[0]; columns < widths.length; columns++) {
            used += widths[columns] + 2;
            if (used > most) {
                break;
            }
        }
        out.println(colours.faint(line(heads, widths, columns)));
        for (Text[] row : rows) {
            out.println(line(row, widths, columns));
        }
    }

    private String line(Text[] row, int[] widths, int columns) {
        StringBuilder line = new StringBuilder();
        for (int column = 0; column < columns; column++) {
            String pad = " ".repeat(widths[column] - row[column].getCJKAdjustedLength());
            line.append(right[column] ? pad + row[column] : row[column] + pad).append("  ");
        }
        return line.toString().stripTrailing();
    }
}
