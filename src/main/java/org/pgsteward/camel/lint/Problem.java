package org.pgsteward.camel.lint;

import java.nio.file.Path;

/**
 * A fault in a route file.
 *
 * @param file name below the routes folder, such as {@code receivers/slack.camel.yaml}; empty for all files together
 * @param line line number from 1 on; 0 for the whole file
 * @param what the fault in words
 * @param next suggested correction; may be empty
 */
public record Problem(String file, int line, String what, String next) implements Comparable<Problem> {
    @Override
    public int compareTo(Problem other) {
        int byFile = file.compareTo(other.file);
        return byFile != 0 ? byFile : Integer.compare(line, other.line);
    }

    /** Returns the problem in the format of compilers, so that editors can jump to its line. */
    @Override
    public String toString() {
        return (file.isEmpty() ? "" : place(file)) + message();
    }

    /** Returns the problem with the whole path of its file. */
    public String in(Path folder) {
        return place(folder.resolve(file).toString()) + message();
    }

    private String place(String path) {
        return path + (line > 0 ? ":" + line : "") + ": ";
    }

    private String message() {
        return what + (next.isEmpty() ? "" : "; " + next);
    }
}
