package org.pgsteward.model;

import java.util.regex.Pattern;

/**
 * How a person asks the server something, as lines that can be pasted.
 *
 * @param container as Docker knows it
 * @param user the administrator
 * @param database the management database
 */
public record Console(String container, String user, String database) {
    private static final Pattern PLAIN = Pattern.compile("[A-Za-z0-9_][A-Za-z0-9_.-]*");

    /** A line that has the server run {@code sql} in the management database. */
    public String psql(String sql) {
        return psql(database, sql);
    }

    /** The same in another database. */
    public String psql(String in, String sql) {
        return "docker exec " + word(container) + " psql -U " + word(user) + " -d " + word(in) + " -c " + text(sql);
    }

    /** Who a session is and what it is doing. */
    public String show(int pid) {
        return psql("SELECT pid, usename, state, xact_start, query FROM pg_stat_activity WHERE pid = " + pid);
    }

    /** Ends a session; what it has not committed is undone. */
    public String end(int pid) {
        return psql("SELECT pg_terminate_backend(" + pid + ")");
    }

    /** A name as a shell takes it for one word that means nothing to it. */
    public static String word(String name) {
        return PLAIN.matcher(name).matches() ? name : "'" + name.replace("'", "'\\''") + "'";
    }

    /** In double quotes where nothing in it means anything there, since SQL is full of single ones. */
    private static String text(String sql) {
        return sql.matches("[^\"$`\\\\!]*") ? '"' + sql + '"' : "'" + sql.replace("'", "'\\''") + "'";
    }
}
