package org.pgsteward.backup.restore;

import java.util.ArrayList;
import java.util.List;

/**
 * The statements of a script that {@code pg_dump} or {@code pg_dumpall} wrote. Pure.
 *
 * <p>The script is split as {@code psql} splits it, with all three kinds of quotes. Comments are omitted, and so are
 * the line {@code \restrict} and its counterpart at the end, which newer programs write around the script.
 *
 * @param statements the statements without their terminators, in the script's order
 * @param unread the reason why reading stopped before the end; empty after a complete reading
 */
record SqlScript(List<Statement> statements, String unread) {
    /**
     * One statement.
     *
     * @param sql the complete statement, or the beginning of an {@link #isOversized oversized} one
     * @param plain whether the text outside its quotes lacks all characters that psql reads differently from a server:
     *     backslash, colon, dollar, bracket, slash. A line for psql itself is a statement that is not plain
     * @param length the length in characters
     */
    record Statement(String sql, boolean plain, long length) {
        /** Returns whether the statement is longer than the kept text. */
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

    /** Returns a name without its quotes. */
    static String unquoted(String name) {
        return name.startsWith("\"") ? name.substring(1, name.length() - 1).replace("\"\"", "\"") : name;
    }
}
