package org.pgsteward.backup.restore;

import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.pgsteward.postgres.Query;
import org.pgsteward.postgres.Quote;
import org.pgsteward.postgres.Server;

/**
 * The losses in databases that {@code restore --all} has finished, in a comment on a role of the new server. They are
 * written in the transaction that gives a database its name. So the next run reports them even if a run was killed.
 */
final class RecoveryNotes {
    /**
     * The limit of all notes together, in characters, without one closing line for each database. A dump of the roles
     * contains this comment, too.
     */
    private static final int MOST = 20_000;

    private static final String BETWEEN_NOTES = "\u001e";
    private static final String BEHIND_DATABASE = "\u001f";

    private final String role;

    /** @param role a role that exists while the server is being restored */
    RecoveryNotes(String role) {
        this.role = role;
    }

    /** Replaces the notes of a database, in a transaction that is under way. */
    void add(Connection connection, String database, List<String> notes) throws SQLException {
        StringBuilder all = new StringBuilder();
        Stream.of(String.join("", RestoreRole.names(connection, question())).split(BETWEEN_NOTES))
                .filter(note -> !note.isEmpty() && !note.startsWith(key(database)))
                .forEach(note -> all.append(note).append(BETWEEN_NOTES));
        for (String note : notes) {
            String one = key(database) + plain(note) + BETWEEN_NOTES;
            if (all.length() + one.length() > MOST) {
                all.append(key(database))
                        .append("there are more differences; a restore of its backup with --into lists them")
                        .append(BETWEEN_NOTES);
                break;
            }
            all.append(one);
        }
        Query.run(connection, "COMMENT ON ROLE " + Quote.identifier(role) + " IS " + Quote.literal(all.toString()));
    }

    /** Returns the notes of a database, one line each. */
    List<String> of(Server server, String database) throws SQLException {
        List<String> notes = new ArrayList<>();
        String key = key(database);
        Stream.of(String.join("", RestoreRole.names(server, question())).split(BETWEEN_NOTES))
                .filter(note -> note.startsWith(key))
                .forEach(note -> notes.add(note.substring(key.length())));
        return notes;
    }

    private String question() {
        return "SELECT COALESCE(pg_catalog.shobj_description(oid, 'pg_authid'), '') FROM pg_catalog.pg_roles"
                + " WHERE rolname = " + Quote.literal(role);
    }

    private static String key(String database) {
        return plain(database) + BEHIND_DATABASE;
    }

    private static String plain(String text) {
        return text.replace(BETWEEN_NOTES, " ").replace(BEHIND_DATABASE, " ");
    }
}
