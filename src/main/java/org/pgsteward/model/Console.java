package org.pgsteward.model;

import java.util.regex.Pattern;

/**
 * Builder of commands that an operator can paste to query the server.
 *
 * @param container the name of the server's container in Docker
 * @param user the administrator's role
 * @param database the management database
 */
public record Console(String container, String user, String database) {
    private static final Pattern PLAIN = Pattern.compile("[A-Za-z0-9_][A-Za-z0-9_.-]*");

    /** Returns a command that runs {@code sql} in the management database. */
    public String psql(String sql) {
        return psql(database, sql);
    }

    /** Returns a command that runs {@code sql} in the database {@code in}. */
    public String psql(String in, String sql) {
        return "docker exec " + word(container) + " psql -U " + word(user) + " -d " + word(in) + " -c " + text(sql);
    }

    /** Returns a command that shows the user, state, transaction start and query of a session. */
    public String show(int pid) {
        return psql("SELECT pid, usename, state, xact_start, query FROM pg_stat_activity WHERE pid = " + pid);
    }

    /** Returns a command that ends a session. PostgreSQL rolls back the session's open transaction. */
    public String end(int pid) {
        return psql("SELECT pg_terminate_backend(" + pid + ")")
                + "   # if it has to end: PostgreSQL rolls back its transaction";
    }

    /** Returns a name quoted as one word of a POSIX shell, if it needs quotes. */
    public static String word(String name) {
        return PLAIN.matcher(name).matches() ? name : "'" + name.replace("'", "'\\''") + "'";
    }

    /**
     * Quotes SQL for the shell. Double quotes are preferred, since SQL is full of single quotes. They need SQL without
     * the characters that a shell expands inside them.
     */
    private static String text(String sql) {
        return sql.matches("[^\"$`\\\\!]*") ? '"' + sql + '"' : "'" + sql.replace("'", "'\\''") + "'";
    }
}
