package org.pgsteward.backup.restore;

import java.util.ArrayList;
import java.util.List;

/**
 * A script that {@code pg_dump} or {@code pg_dumpall} wrote, statement by statement. Pure.
 *
 * <p>Split as {@code psql} splits, quotes of three kinds included; its comments are left out, and so is {@code \restrict}
 * with its end, which newer programs write around it all.
 *
 * @param statements without what ends them, in the script's order
 * @param unread why reading stopped before the end; empty when all was read
 */
record SqlScript(List<Statement> statements, String unread) {
    /**
     * One statement.
     *
     * @param sql all of it, or the beginning of one that is {@link #isOversized oversized}
     * @param plain whether outside of its quotes there is nothing that the program reads otherwise than a server does: a
     *     backslash, a colon, a dollar, a bracket or a slash. A line for the program itself is a statement that is not
     * @param length in characters
     */
    record Statement(String sql, boolean plain, long length) {
        /** Whether it is longer than what is kept. */
        boolean isOversized() {
            return length > SqlSplitter.LONGEST;
        }
    }

    static SqlScript of(String script) {
        List<Statement> statements = new ArrayList<>();
        SqlSplitter splitter = new SqlSplitter(statements::add);
        script.chars().forEach(c -> splitter.accept((char) c));
        return new SqlScript(List.copyOf(statements), splitter.end());
    }

    /** A name without its quotes. */
    static String unquoted(String name) {
        return name.startsWith("\"") ? name.substring(1, name.length() - 1).replace("\"\"", "\"") : name;
    }
}
