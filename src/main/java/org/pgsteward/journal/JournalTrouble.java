package org.pgsteward.journal;

import java.sql.SQLException;
import java.util.Set;
import org.pgsteward.postgres.NoConnection;

/** Explains to an operator why the journal cannot be read. */
public final class JournalTrouble {
    /**
     * The SQLSTATEs undefined_table and undefined_column: pgsteward has not made its tables yet, or not those of this
     * version.
     */
    private static final Set<String> NO_TABLES = Set.of("42P01", "42703");

    private JournalTrouble() {}

    /** Returns the reason in one line. */
    public static String of(SQLException e) {
        String state = e.getSQLState();
        return state != null && NO_TABLES.contains(state)
                ? "this PostgreSQL has no journal yet; a daemon that has just started creates it within seconds"
                : NoConnection.words(e);
    }
}
