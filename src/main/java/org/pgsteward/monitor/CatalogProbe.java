package org.pgsteward.monitor;

import java.sql.Connection;
import java.sql.SQLException;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.pgsteward.model.Console;
import org.pgsteward.postgres.Query;
import org.pgsteward.postgres.Server;
import org.pgsteward.postgres.UnfinishedRestore;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Reads the catalogs of all databases, one after the other, over one connection each. A round has a time limit. The next
 * round begins with the databases that were not read. Remembers the last reading of each database.
 */
public final class CatalogProbe {
    private static final Logger LOG = LoggerFactory.getLogger(CatalogProbe.class);

    private static final Duration LIMIT = Duration.ofSeconds(30);

    /** Templates are not read: a session in a template makes CREATE DATABASE wait. */
    private static final String DATABASES = """
            SELECT d.oid, COALESCE(sc.service_name, d.datname), d.datname, d.datallowconn, d.datcollversion,
                   pg_database_collation_actual_version(d.oid),
                   d.datallowconn AND NOT d.datistemplate AND d.datconnlimit <> -2 AND NOT {unfinished}
              FROM pg_database AS d
              LEFT JOIN {services} AS sc ON sc.database_name = d.datname
             ORDER BY d.datname
             LIMIT 2000
            """.replace("{unfinished}", UnfinishedRestore.DATABASE);

    private final Server server;
    private final Clock clock;
    private final Duration limit;
    private final Map<Long, Reading> readings = new HashMap<>();

    public CatalogProbe(Server server, Clock clock) {
        this(server, clock, LIMIT);
    }

    /** @param limit the time after which a round begins no other database */
    CatalogProbe(Server server, Clock clock, Duration limit) {
        this.server = server;
        this.clock = clock;
        this.limit = limit;
    }

    private record Reading(Instant at, CatalogObservation.Contents contents) {}

    private record Row(
            long oid,
            String service,
            String name,
            boolean open,
            Optional<String> collation,
            Optional<String> actual,
            boolean isRead) {}

    /**
     * Reads all databases.
     *
     * @param container the name of the server's container
     * @throws SQLException if PostgreSQL does not answer
     */
    public synchronized CatalogObservation read(String container) throws SQLException {
        Instant start = clock.instant();
        List<Row> rows = rows();
        readings.keySet().retainAll(rows.stream().map(Row::oid).toList());
        List<Row> order = rows.stream()
                .filter(Row::isRead)
                .sorted(Comparator.comparing(row -> Optional.ofNullable(readings.get(row.oid()))
                        .map(Reading::at)
                        .orElse(Instant.MIN)))
                .toList();
        for (Row row : order) {
            if (clock.instant().isAfter(start.plus(limit))) {
                LOG.debug(
                        "the check of all catalogs took more than {}; the next one begins with {}", limit, row.name());
                break;
            }
            try (Connection connection = server.connectToLook(row.name())) {
                readings.put(row.oid(), new Reading(start, new CatalogQuestions(connection).contents()));
            } catch (SQLException e) {
                LOG.debug("cannot read the catalog of database {}: {}", row.name(), e.getMessage());
            }
        }
        List<CatalogObservation.Database> databases = new ArrayList<>();
        for (Row row : rows) {
            databases.add(new CatalogObservation.Database(
                    row.service(),
                    row.name(),
                    row.open(),
                    row.collation(),
                    row.actual(),
                    row.isRead()
                            ? Optional.ofNullable(readings.get(row.oid())).map(Reading::contents)
                            : Optional.of(CatalogObservation.Contents.NONE)));
        }
        Console console =
                new Console(container, server.address().user(), server.address().database());
        return new CatalogObservation(start, console, databases);
    }

    private List<Row> rows() throws SQLException {
        try (Connection connection = server.connectToLook()) {
            return EnrolledDatabases.with(services -> Query.list(
                    connection,
                    DATABASES.replace("{services}", services),
                    row -> new Row(
                            row.getLong(1),
                            row.getString(2),
                            row.getString(3),
                            row.getBoolean(4),
                            Optional.ofNullable(row.getString(5)),
                            Optional.ofNullable(row.getString(6)),
                            row.getBoolean(7))));
        }
    }
}
