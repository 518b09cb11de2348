package org.pgsteward.journal;

import java.sql.Connection;
import java.sql.SQLException;
import java.util.Map;
import java.util.Set;
import javax.sql.DataSource;
import org.flywaydb.core.Flyway;
import org.flywaydb.core.api.FlywayException;
import org.jspecify.annotations.Nullable;

/**
 * The journal's tables: created or migrated, and read by subject. The queries cut columns of unlimited length within
 * PostgreSQL, since other clients may write to the tables as well.
 */
public final class Tables {
    /** The SQLSTATEs undefined_table and undefined_column. An init script may have made tables of the same names. */
    private static final Set<String> MISSING = Set.of("42P01", "42703");

    /** The new names of columns by the previous ones, which exist for one more version. */
    public static final Map<String, String> RENAMED = Map.of("backup_log.proof", "backup_log.verification");

    private final DataSource source;
    private boolean ready;

    public Tables(DataSource source) {
        this.source = source;
    }

    /** Returns the queries about services. */
    public ServiceRows services() {
        return new ServiceRows(source);
    }

    /** Returns the queries about runs of backups. */
    public RunRows runs() {
        return new RunRows(source);
    }

    /** Returns the queries about the backups of each service. */
    public HistoryRows history() {
        return new HistoryRows(source);
    }

    /**
     * Creates or migrates the tables. After a success, calls are free until {@link #doubt} finds tables missing.
     *
     * @throws SQLException if PostgreSQL does not answer or refuses
     */
    public synchronized void prepare() throws SQLException {
        if (ready) {
            return;
        }
        // Flyway retries and logs at length while a server is unavailable. One plain connection gives the same answer.
        try (Connection connection = source.getConnection()) {
            String user = connection.getMetaData().getUserName();
            if (user.contains("'")) {
                // Flyway quotes the name by itself, and fails with a syntax error that does not mention the role.
                throw new SQLException("cannot create the journal's tables as role " + user + ": Flyway cannot quote a"
                        + " name with an apostrophe; set PGSTEWARD_POSTGRES_USER to another superuser");
            }
        }
        try {
            Flyway.configure()
                    .dataSource(ShortUrls.of(source))
                    .locations("classpath:db/migration")
                    // Independent of the administrator's search path.
                    .defaultSchema("public")
                    // A database that already holds such tables has no history. It counts as version 0, and all
                    // migrations run.
                    .baselineOnMigrate(true)
                    // PostgreSQL sends a notice for each table that an init script has already made. This is no
                    // warning.
                    .initSql("SET client_min_messages = warning")
                    .baselineVersion("0")
                    .load()
                    .migrate();
        } catch (FlywayException e) {
            throw new SQLException("cannot create the journal's tables: " + reason(e), e);
        }
        ready = true;
    }

    /** Returns one line. Flyway's own message has many lines, with its script and a hint for its own command line. */
    private static String reason(FlywayException refusal) {
        Throwable cause = refusal;
        while (cause.getCause() != null && !(cause instanceof SQLException)) {
            cause = cause.getCause();
        }
        return String.valueOf(cause.getMessage()).lines().findFirst().orElse("");
    }

    /**
     * Checks a refusal by PostgreSQL for missing tables. If they are missing, the server or its database has been
     * replaced, and the next {@link #prepare} makes the tables again.
     */
    public synchronized void doubt(SQLException refusal) {
        if (areMissing(refusal.getSQLState())) {
            ready = false;
        }
    }

    /** Returns whether {@code state} means that the tables are missing. */
    public static boolean areMissing(@Nullable String state) {
        return state != null && MISSING.contains(state);
    }
}
