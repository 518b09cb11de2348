package org.pgsteward.camel.lint;

import java.nio.file.Path;

/**
 * What is wrong with a route file.
 *
 * @param file below the routes folder, such as {@code receivers/slack.camel.yaml}; empty for all of them together
 * @param line from 1 on; 0 where it is the whole file's
 * @param what in words
 * @param next what to do about it; may be empty
 */
public record Problem(String file, int line, String what, String next) implements Comparable<Problem> {
    @Override
    public int compareTo(Problem other) {
        int byFile = file.compareTo(other.file);
        return byFile != 0 ? byFile : Integer.compare(line, other.line);
    }

    /** As compilers say it, so that editors can jump to it. */
    @Override
    public String toString() {
        return (file.isEmpty() ? "" : place(file)) + said();
    }

    /** The same with the whole path. */
    public String in(Path folder) {
        return place(folder.resolve(file).toString()) + said();
    }

    private String place(String path) {
        return path + (line > 0 ? ":" + line : "") + ": ";
    }

    private String said() {
        return what + (next.isEmpty() ? "" : "; " + next);
    }
}
