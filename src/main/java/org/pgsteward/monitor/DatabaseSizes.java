package org.pgsteward.monitor;

import java.sql.Connection;
import java.sql.SQLException;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.pgsteward.io.Threads;
import org.pgsteward.postgres.Query;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The figures of all databases for the page and the metrics, with sizes that are at most five minutes old. PostgreSQL reads
 * the size of about 300 files for each database, which takes milliseconds a database. Thread-safe.
 *
 * <ol>
 *   <li>Sizes that are older than a minute are used, and read again on another connection in the background.
 *   <li>Sizes that are older than five minutes are read before the answer.
 *   <li>The size of a new database is read at once.
 * </ol>
 */
public final class DatabaseSizes implements DatabaseMetrics.Source {
    private static final Logger LOG = LoggerFactory.getLogger(DatabaseSizes.class);

    static final Duration FRESH = Duration.ofMinutes(1);
    static final Duration MOST = Duration.ofMinutes(5);

    private static final String SIZES =
            "SELECT oid::bigint, pg_catalog.pg_database_size(oid) FROM pg_catalog.pg_database WHERE oid = ANY (?::oid[])";

    private final Connections connections;
    private final Clock clock;
    private Map<Long, Long> known = Map.of();
    private Instant readAt = Instant.MIN;
    private boolean reads;

    /** A way to open a connection to the management database. */
    @FunctionalInterface
    public interface Connections {
        Connection open() throws SQLException;
    }

    public DatabaseSizes(Connections connections, Clock clock) {
        this.connections = connections;
        this.clock = clock;
    }

    @Override
    public List<DatabaseMetrics.Figure> read(Connection connection) throws SQLException {
        List<DatabaseMetrics.Unsized> databases = DatabaseMetrics.withoutSizes(connection);
        List<Long> oids = databases.stream().map(DatabaseMetrics.Unsized::oid).toList();
        Map<Long, Long> sizes = sizes(connection, oids);
        return databases.stream()
                .map(database -> database.of(sizes.getOrDefault(database.oid(), 0L)))
                .toList();
    }

    private Map<Long, Long> sizes(Connection connection, List<Long> oids) throws SQLException {
        Map<Long, Long> sizes = usable(oids);
        List<Long> missing =
                oids.stream().filter(oid -> !sizes.containsKey(oid)).toList();
        if (missing.isEmpty()) {
            return sizes;
        }
        Map<Long, Long> now = new HashMap<>(sizes);
        now.putAll(query(connection, missing));
        if (sizes.isEmpty()) {
            keep(now);
        } else {
            add(now);
        }
        return now;
    }

    /** Returns the known sizes; none if they are too old. */
    private synchronized Map<Long, Long> usable(List<Long> oids) {
        if (readAt.equals(Instant.MIN) || isOlderThan(MOST)) {
            return Map.of();
        }
        if (isOlderThan(FRESH) && !reads) {
            reads = true;
            Threads.start("database-sizes", 256 * 1024, () -> readAgain(oids));
        }
        return known;
    }

    /** Returns whether the sizes are older than this, or from the future, because the clock was set back. */
    private boolean isOlderThan(Duration age) {
        return Duration.between(readAt, clock.instant()).abs().compareTo(age) >= 0;
    }

    private void readAgain(List<Long> oids) {
        try (Connection connection = connections.open()) {
            keep(query(connection, oids));
        } catch (SQLException e) {
            // The next request reads them, after five minutes before its answer.
            LOG.debug("sizes of databases are not read: {}", e.getMessage());
        } finally {
            ended();
        }
    }

    private synchronized void ended() {
        reads = false;
    }

    private synchronized void keep(Map<Long, Long> sizes) {
        known = Map.copyOf(sizes);
        readAt = clock.instant();
    }

    /** Keeps the sizes of new databases, without making the others newer than they are. */
    private synchronized void add(Map<Long, Long> sizes) {
        Map<Long, Long> all = new HashMap<>(sizes);
        all.putAll(known);
        known = Map.copyOf(all);
    }

    private static Map<Long, Long> query(Connection connection, List<Long> oids) throws SQLException {
        return Query.map(connection, SIZES, row -> row.getLong(1), row -> row.getLong(2), oids);
    }
}
