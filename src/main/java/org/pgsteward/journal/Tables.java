package org.pgsteward.journal;

import java.sql.Connection;
import java.sql.SQLException;
import java.util.Set;
import javax.sql.DataSource;
import org.flywaydb.core.Flyway;
import org.flywaydb.core.api.FlywayException;
import org.jspecify.annotations.Nullable;

/**
 * The journal's tables: created or brought up to date, and read by subject. Columns of any length are cut by PostgreSQL, since
 * others may write there as well.
 */
public final class Tables {
    /** undefined_table and undefined_column: what an init script made may be there under the same names. */
    private static final Set<String> MISSING = Set.of("42P01", "42703");

    private final DataSource source;
    private boolean ready;

    public Tables(DataSource source) {
        this.source = source;
    }

    /** What is known of services. */
    public ServiceRows services() {
        return new ServiceRows(source);
    }

    /** What is known of runs of backups. */
    public RunRows runs() {
        return new RunRows(source);
    }

    /** What is known of the backups of each service. */
    public HistoryRows history() {
        return new HistoryRows(source);
    }

    /**
     * Makes the tables or brings them up to date; once it has worked, it costs nothing until they are {@link #doubt}ed.
     *
     * @throws SQLException when PostgreSQL does not answer or refuses
     */
    public synchronized void prepare() throws SQLException {
        if (ready) {
            return;
        }
        // Flyway retries and logs at length while a server is away; one plain attempt tells the same.
        try (Connection connection = source.getConnection()) {
            String user = connection.getMetaData().getUserName();
            if (user.contains("'")) {
                // It writes the name between quotes of its own, and fails with a syntax error that names nobody.
                throw new SQLException("the journal's tables cannot be made by role " + user + ", since Flyway cannot"
                        + " write a name with an apostrophe: set PGSTEWARD_POSTGRES_USER to another superuser");
            }
        }
        try {
            Flyway.configure()
                    .dataSource(ShortUrls.of(source))
                    .locations("classpath:db/migration")
                    // Whatever search path the administrator was given.
                    .defaultSchema("public")
                    // A database that already holds such tables has no history: version 0, and everything after it
                    // runs.
                    .baselineOnMigrate(true)
                    // Of tables that an init script made PostgreSQL only notices that they exist, which is no warning.
                    .initSql("SET client_min_messages = warning")
                    .baselineVersion("0")
                    .load()
                    .migrate();
        } catch (FlywayException e) {
            throw new SQLException("the journal's tables cannot be made: " + reason(e), e);
        }
        ready = true;
    }

    /** One line; Flyway's own message has many, with its script and a hint for its own command line. */
    private static String reason(FlywayException refusal) {
        Throwable cause = refusal;
        while (cause.getCause() != null && !(cause instanceof SQLException)) {
            cause = cause.getCause();
        }
        return String.valueOf(cause.getMessage()).lines().findFirst().orElse("");
    }

    /**
     * PostgreSQL refused something. If it does not know what was made here, it is not the one that it was, or its database
     * is not: the next {@link #prepare} makes the tables again.
     */
    public synchronized void doubt(SQLException refusal) {
        if (areMissing(refusal.getSQLState())) {
            ready = false;
        }
    }

    /** Whether who is refused with {@code state} has come before the tables. */
    public static boolean areMissing(@Nullable String state) {
        return state != null && MISSING.contains(state);
    }
}
