package org.pgsteward.journal;

import java.math.BigDecimal;
import java.sql.Array;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.UUID;
import javax.sql.DataSource;
import org.flywaydb.core.Flyway;
import org.flywaydb.core.api.FlywayException;
import org.jspecify.annotations.Nullable;
import org.pgsteward.model.Backup;
import org.pgsteward.model.BackupKind;
import org.pgsteward.model.BackupState;
import org.pgsteward.model.Enrolment;

/**
 * The journal's tables: made or brought up to date, and read. Columns of any length are cut by PostgreSQL, since others may
 * write there as well.
 */
public final class Tables {
    private static final String LAST_RUNS = """
            SELECT DISTINCT ON (service_name) service_name, state, started_at
              FROM public.backup_log
             WHERE backup_type = ? AND started_at IS NOT NULL
             ORDER BY service_name, started_at > ?, started_at DESC
            """;

    private static final String HISTORY = """
            SELECT service_name,
                   max(finished_at) FILTER (WHERE success),
                   (array_agg(finished_at ORDER BY started_at DESC) FILTER (WHERE state = 'verified'))[1],
                   COALESCE((array_agg(EXTRACT(EPOCH FROM finished_at - started_at) ORDER BY started_at DESC)
                                 FILTER (WHERE success))[1], 0),
                   COALESCE((array_agg(size_bytes ORDER BY started_at DESC) FILTER (WHERE success))[1], 0),
                   COALESCE((array_agg(state ORDER BY started_at DESC))[1], 'made'),
                   (array_agg(verify_seconds ORDER BY started_at DESC) FILTER (WHERE state = 'verified'))[1],
                   max(started_at) FILTER (WHERE %s)
              FROM public.backup_log
             WHERE started_at IS NOT NULL
             GROUP BY service_name
             ORDER BY service_name
            """.formatted(BackupRows.PROVED);

    private static final String NEWEST = """
            SELECT DISTINCT ON (r.service_name, r.backup_type)
                   r.service_name, r.backup_type, left(COALESCE(r.error, ''), 2000), left(g.backup_id, 200), g.state, g.started_at
              FROM public.backup_log AS r
              LEFT JOIN LATERAL (SELECT o.backup_id, o.state, o.started_at
                                   FROM public.backup_log AS o
                                  WHERE o.service_name = r.service_name AND o.backup_type = r.backup_type
                                    AND o.state IN ('made', 'verified', 'unverifiable') AND o.backup_id IS NOT NULL
                                  ORDER BY o.started_at DESC
                                  LIMIT 1) AS g ON true
             WHERE r.started_at IS NOT NULL AND r.state <> 'running'
             ORDER BY r.service_name, r.backup_type, r.started_at DESC
            """;

    private static final String FAILURES_IN_A_ROW = """
            SELECT count(*)
              FROM public.backup_log
             WHERE service_name = ? AND state = 'failed'
               AND started_at > COALESCE((SELECT max(started_at) FROM public.backup_log
                                           WHERE service_name = ? AND state NOT IN ('failed', 'running')), '-infinity')
            """;

    private static final String ENROLMENTS = """
            SELECT service_name, database_name, COALESCE(role_name, ''), left(COALESCE(identity, ''), 1000),
                   left(COALESCE(container_id, ''), 200), left(COALESCE(image, ''), 1000),
                   left(COALESCE(image_id, ''), 200),
                   created_at AT TIME ZONE 'UTC'
              FROM public.service_configs
             ORDER BY service_name
            """;

    private static final String QUARANTINED =
            "SELECT service_name FROM public.service_configs WHERE quarantined_at IS NOT NULL";

    private static final String QUARANTINED_SINCE =
            "SELECT service_name, quarantined_at FROM public.service_configs WHERE quarantined_at IS NOT NULL";

    private static final String LAST_ACTIVITY =
            "SELECT max(created_at) AT TIME ZONE 'UTC' FROM public.user_activity WHERE service_name = ? AND action = ?";

    private static final String RUNNING = "SELECT DISTINCT service_name FROM public.backup_log WHERE state = 'running'";

    private static final String CLOSE = """
            UPDATE public.backup_log
               SET state = 'failed', success = false, finished_at = now(), error = ?
             WHERE state = 'running' AND service_name = ?
            """;

    private static final String ENDED = """
            SELECT DISTINCT ON (service_name, backup_type)
                   service_name, backup_type, COALESCE(backup_id, service_name),
                   state = 'verified' OR COALESCE(state = 'made' AND proof = 'stream', false), state,
                   left(COALESCE(error, ''), 2000), COALESCE(verified_at, finished_at, started_at)
              FROM public.backup_log
             WHERE started_at > ? AND state <> 'running'
             ORDER BY service_name, backup_type, started_at DESC, id DESC
            """;

    private static final String LAST_VERIFIED = """
            SELECT backup_id, backup_path, verified_at
              FROM public.backup_log
             WHERE service_name = ? AND backup_type = 'dump' AND state = 'verified' AND started_at < ?
               AND backup_id IS NOT NULL AND backup_path IS NOT NULL AND verified_at IS NOT NULL
             ORDER BY started_at DESC
             LIMIT 1
            """;

    private static final String NEWEST_RUN = """
            SELECT backup_id, event_id, COALESCE(set_id, ''), state, backup_path, started_at, finished_at, verified_at,
                   COALESCE(size_bytes, 0), COALESCE(source_bytes, 0), left(COALESCE(sha256, ''), 200),
                   left(COALESCE(server_version, ''), 200), COALESCE(dump_seconds * 1000, 0)::bigint,
                   COALESCE(verify_seconds * 1000, 0)::bigint, COALESCE(proof = 'stream', false),
                   left(COALESCE(error, ''), 2000), left(COALESCE(caveat, ''), 10000)
              FROM public.backup_log
             WHERE service_name = ? AND backup_type = ?
               AND backup_id IS NOT NULL AND event_id IS NOT NULL AND state IS NOT NULL AND started_at IS NOT NULL
             ORDER BY started_at DESC, id DESC
             LIMIT 1
            """;

    private static final String VERIFY_TIME = """
            SELECT verify_seconds
              FROM public.backup_log
             WHERE backup_id = ? AND verify_seconds IS NOT NULL
             ORDER BY started_at DESC
             LIMIT 1
            """;

    private static final String MARK_IDLE = """
            UPDATE public.service_configs
               SET idle_since = CASE WHEN service_name = ANY (?) THEN NULL ELSE ? END
             WHERE CASE WHEN service_name = ANY (?)
                        THEN idle_since IS NOT NULL
                        ELSE idle_since IS NULL AND quarantined_at IS NULL
                   END
            """;

    private static final String IDLE = """
            SELECT service_name, idle_since
              FROM public.service_configs
             WHERE idle_since IS NOT NULL AND quarantined_at IS NULL
             ORDER BY service_name
            """;

    /** undefined_table and undefined_column: what an init script made may be there under the same names. */
    private static final Set<String> MISSING = Set.of("42P01", "42703");

    private final DataSource source;
    private boolean ready;

    public Tables(DataSource source) {
        this.source = source;
    }

    /**
     * How a service's last run went.
     *
     * @param state as in {@code backup_log.state}
     */
    public record LastRun(String state, Instant startedAt) {}

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

    /** By service, the newest run of {@code kind}. */
    public Map<String, LastRun> lastRuns(String kind) throws SQLException {
        return lastRuns(kind, Instant.parse("9999-01-01T00:00:00Z"));
    }

    /** The same, but one from what is now the future, since the clock was set back, only where there is no other. */
    public Map<String, LastRun> lastRuns(String kind, Instant now) throws SQLException {
        Map<String, LastRun> runs = new TreeMap<>();
        try (Connection connection = source.getConnection();
                PreparedStatement statement = connection.prepareStatement(LAST_RUNS)) {
            statement.setString(1, kind);
            statement.setObject(2, now.atOffset(ZoneOffset.UTC));
            try (ResultSet rows = statement.executeQuery()) {
                while (rows.next()) {
                    runs.put(
                            rows.getString(1),
                            new LastRun(
                                    Optional.ofNullable(rows.getString(2)).orElse("made"),
                                    rows.getObject(3, OffsetDateTime.class).toInstant()));
                }
            }
        }
        return runs;
    }

    /** A backup that is there. */
    public record Good(String backupId, String state, Instant startedAt) {}

    /**
     * @param error of the newest run; empty where it went well
     * @param good the newest that is in the store
     */
    public record Newest(String error, Optional<Good> good) {}

    /** By {@linkplain #key service and kind}, how matters stand. */
    public Map<String, Newest> newest() throws SQLException {
        Map<String, Newest> newest = new TreeMap<>();
        try (Connection connection = source.getConnection();
                PreparedStatement statement = connection.prepareStatement(NEWEST);
                ResultSet rows = statement.executeQuery()) {
            while (rows.next()) {
                Optional<Good> good = rows.getString(4) == null
                        ? Optional.empty()
                        : Optional.of(new Good(
                                rows.getString(4),
                                rows.getString(5),
                                rows.getObject(6, OffsetDateTime.class).toInstant()));
                newest.put(key(rows.getString(1), rows.getString(2)), new Newest(rows.getString(3), good));
            }
        }
        return newest;
    }

    /** A service's backups of one kind; a service's name holds no NUL. */
    public static String key(String service, String kind) {
        return service + '\0' + kind;
    }

    /** How many of a service's newest runs have failed one after another. */
    public int failuresInARow(String service) throws SQLException {
        try (Connection connection = source.getConnection();
                PreparedStatement statement = connection.prepareStatement(FAILURES_IN_A_ROW)) {
            statement.setString(1, service);
            statement.setString(2, service);
            try (ResultSet row = statement.executeQuery()) {
                row.next();
                return row.getInt(1);
            }
        }
    }

    /**
     * What the journal knows of a service's backups, whatever their kind.
     *
     * @param lastSuccess when the newest good run ended
     * @param lastVerified when the newest proved one was made: to prove an old one again makes it no newer
     * @param seconds that the newest good run took
     * @param sizeBytes of what the newest good run stored
     * @param lastState of the newest run, good or not
     * @param restores how long the newest proved one took to restore
     * @param restorableTo when the newest that is proved and still there began: what it holds is as of then. One that was
     *     proved before it was sealed counts, since nobody here can open what is stored
     */
    public record History(
            String service,
            Optional<Instant> lastSuccess,
            Optional<Instant> lastVerified,
            double seconds,
            long sizeBytes,
            String lastState,
            Optional<Duration> restores,
            Optional<Instant> restorableTo) {}

    /** By service, how its backups have gone. */
    public List<History> histories() throws SQLException {
        try (Connection connection = source.getConnection()) {
            return histories(connection);
        }
    }

    /** The same over a connection to the management database that is open already. */
    public static List<History> histories(Connection connection) throws SQLException {
        List<History> histories = new ArrayList<>();
        try (PreparedStatement statement = connection.prepareStatement(HISTORY);
                ResultSet rows = statement.executeQuery()) {
            while (rows.next()) {
                histories.add(new History(
                        rows.getString(1),
                        instant(rows, 2),
                        instant(rows, 3),
                        rows.getDouble(4),
                        rows.getLong(5),
                        rows.getString(6),
                        Optional.ofNullable(rows.getBigDecimal(7)).map(Tables::seconds),
                        instant(rows, 8)));
            }
        }
        return histories;
    }

    private static Duration seconds(BigDecimal seconds) {
        return Duration.ofMillis(seconds.movePointRight(3).longValue());
    }

    private static Optional<Instant> instant(ResultSet rows, int column) throws SQLException {
        return Optional.ofNullable(rows.getObject(column, OffsetDateTime.class)).map(OffsetDateTime::toInstant);
    }

    /** Every service that has a database, {@link Enrolment#at} being when it got it. */
    public List<Enrolment> enrolments() throws SQLException {
        List<Enrolment> enrolments = new ArrayList<>();
        try (Connection connection = source.getConnection();
                PreparedStatement statement = connection.prepareStatement(ENROLMENTS);
                ResultSet rows = statement.executeQuery()) {
            while (rows.next()) {
                enrolments.add(new Enrolment(
                        rows.getString(1),
                        rows.getString(2),
                        rows.getString(3),
                        rows.getString(4),
                        rows.getString(5),
                        rows.getString(6),
                        rows.getString(7),
                        rows.getObject(8, OffsetDateTime.class).toInstant()));
            }
        }
        return enrolments;
    }

    /** The services that were removed and can be taken back. */
    public Set<String> quarantined() throws SQLException {
        Set<String> services = new HashSet<>();
        try (Connection connection = source.getConnection();
                PreparedStatement statement = connection.prepareStatement(QUARANTINED);
                ResultSet rows = statement.executeQuery()) {
            while (rows.next()) {
                services.add(rows.getString(1));
            }
        }
        return services;
    }

    /** Returns when {@code action} was last done for a service; empty where no row says so, or not any more. */
    public Optional<Instant> lastActivity(String service, String action) throws SQLException {
        try (Connection connection = source.getConnection();
                PreparedStatement statement = connection.prepareStatement(LAST_ACTIVITY)) {
            statement.setString(1, service);
            statement.setString(2, action);
            try (ResultSet row = statement.executeQuery()) {
                row.next();
                return instant(row, 1);
            }
        }
    }

    /** Returns when each service in quarantine was put there, over a connection to the management database. */
    public static Map<String, Instant> quarantinedSince(Connection connection) throws SQLException {
        Map<String, Instant> services = new TreeMap<>();
        try (PreparedStatement statement = connection.prepareStatement(QUARANTINED_SINCE);
                ResultSet rows = statement.executeQuery()) {
            while (rows.next()) {
                services.put(rows.getString(1), instant(rows, 2).orElse(Instant.EPOCH));
            }
        }
        return services;
    }

    /**
     * A dump that was restored and compared.
     *
     * @param path relative to the store
     */
    public record ProvedBackup(String backupId, String path, Instant verifiedAt) {}

    /** The newest proved dump of {@code service} that began before {@code before}: the one that a change of image pins. */
    public Optional<ProvedBackup> lastVerified(String service, Instant before) throws SQLException {
        try (Connection connection = source.getConnection();
                PreparedStatement statement = connection.prepareStatement(LAST_VERIFIED)) {
            statement.setString(1, service);
            statement.setObject(2, before.atOffset(ZoneOffset.UTC));
            try (ResultSet row = statement.executeQuery()) {
                return row.next()
                        ? Optional.of(new ProvedBackup(
                                row.getString(1),
                                row.getString(2),
                                row.getObject(3, OffsetDateTime.class).toInstant()))
                        : Optional.empty();
            }
        }
    }

    /** The run of a service that began last, as the journal knows it. */
    public Optional<Backup> newestRun(String service, String database, BackupKind kind) throws SQLException {
        try (Connection connection = source.getConnection();
                PreparedStatement statement = connection.prepareStatement(NEWEST_RUN)) {
            statement.setString(1, service);
            statement.setString(2, kind.word());
            try (ResultSet row = statement.executeQuery()) {
                return row.next() ? Optional.of(run(row, service, database, kind)) : Optional.empty();
            }
        }
    }

    private static Backup run(ResultSet row, String service, String database, BackupKind kind) throws SQLException {
        return new Backup(
                row.getString(1),
                row.getObject(2, UUID.class),
                row.getString(3),
                service,
                database,
                kind,
                BackupState.valueOf(row.getString(4).toUpperCase(Locale.ROOT)),
                Optional.ofNullable(row.getString(5)),
                row.getObject(6, OffsetDateTime.class).toInstant(),
                instant(row, 7),
                instant(row, 8),
                row.getLong(9),
                row.getLong(10),
                row.getString(11),
                row.getString(12),
                Duration.ofMillis(row.getLong(13)),
                Duration.ofMillis(row.getLong(14)),
                row.getBoolean(15),
                row.getString(16),
                row.getString(17).lines().toList());
    }

    /** How long the restore of a backup took when it was proved last; empty when that is not known. */
    public Optional<Duration> verifyTime(String backupId) throws SQLException {
        try (Connection connection = source.getConnection();
                PreparedStatement statement = connection.prepareStatement(VERIFY_TIME)) {
            statement.setString(1, backupId);
            try (ResultSet row = statement.executeQuery()) {
                return row.next() ? Optional.of(seconds(row.getBigDecimal(1))) : Optional.empty();
            }
        }
    }

    /** A service whose container is away. */
    public record Idle(String service, Instant since) {}

    /**
     * Remembers since when services have been without a container, and forgets it of those that have one again.
     *
     * @param present the services that have a container, running or not; an engine that did not answer is not an empty set
     * @return all that are idle now, by name. One in quarantine is nobody's to wait for: it is not among them, and its
     *     time stays as it is until it is present
     */
    public List<Idle> markIdle(Set<String> present, Instant now) throws SQLException {
        try (Connection connection = source.getConnection();
                PreparedStatement mark = connection.prepareStatement(MARK_IDLE);
                PreparedStatement read = connection.prepareStatement(IDLE)) {
            Array names = connection.createArrayOf("text", present.toArray());
            mark.setArray(1, names);
            mark.setObject(2, now.atOffset(ZoneOffset.UTC));
            mark.setArray(3, names);
            mark.executeUpdate();
            return idle(read);
        }
    }

    private static List<Idle> idle(PreparedStatement read) throws SQLException {
        List<Idle> idle = new ArrayList<>();
        try (ResultSet rows = read.executeQuery()) {
            while (rows.next()) {
                idle.add(new Idle(
                        rows.getString(1),
                        rows.getObject(2, OffsetDateTime.class).toInstant()));
            }
        }
        return idle;
    }

    /** Services with a run that the journal believes to be going on. */
    public List<String> running() throws SQLException {
        List<String> services = new ArrayList<>();
        try (Connection connection = source.getConnection();
                PreparedStatement statement = connection.prepareStatement(RUNNING);
                ResultSet rows = statement.executeQuery()) {
            while (rows.next()) {
                services.add(rows.getString(1));
            }
        }
        return services;
    }

    /**
     * How a run ended.
     *
     * @param good whether it made a backup that is verified
     * @param state as in the journal
     * @param error empty for none
     * @param at when it ended, or was verified
     */
    public record Ended(
            String service, String kind, String backupId, boolean good, String state, String error, Instant at) {}

    /** Returns the newest run of each service and kind, as far as it has ended and began after that time. */
    public List<Ended> newestEnded(Instant after) throws SQLException {
        List<Ended> ended = new ArrayList<>();
        try (Connection connection = source.getConnection();
                PreparedStatement statement = connection.prepareStatement(ENDED)) {
            statement.setObject(1, after.atOffset(ZoneOffset.UTC));
            try (ResultSet rows = statement.executeQuery()) {
                while (rows.next()) {
                    ended.add(new Ended(
                            rows.getString(1),
                            rows.getString(2),
                            rows.getString(3),
                            rows.getBoolean(4),
                            rows.getString(5),
                            rows.getString(6),
                            rows.getObject(7, OffsetDateTime.class).toInstant()));
                }
            }
        }
        return ended;
    }

    /** Its running rows are of a process that is gone. */
    public void closeRuns(String service, String because) throws SQLException {
        try (Connection connection = source.getConnection();
                PreparedStatement statement = connection.prepareStatement(CLOSE)) {
            statement.setString(1, because);
            statement.setString(2, service);
            statement.executeUpdate();
        }
    }
}
