package org.pgsteward.backup.dump;

import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import org.pgsteward.backup.restore.TemporaryRole;
import org.pgsteward.backup.underway.StuckRule;
import org.pgsteward.postgres.ClientProgram;
import org.pgsteward.postgres.DatabaseEncoding;
import org.pgsteward.postgres.NoConnection;
import org.pgsteward.postgres.Query;
import org.pgsteward.postgres.Quote;
import org.pgsteward.postgres.RoleRemoval;
import org.pgsteward.postgres.Server;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The rows that a base backup must contain, regardless of concurrent writes.
 *
 * <p>A base backup has no snapshot: a started copy shows the cluster at an unknown moment between the beginning and the
 * end of the backup. But a row that was committed before the beginning and still exists after the end is in the copy.
 * These rows are counted table by table after the end, by their transaction: it is older than all transactions at the
 * beginning. Tables that were altered or renamed in between are skipped, and so are unlogged tables, which a copy never
 * contains.
 *
 * <p>The count needs a SELECT, and planning one executes functions that a table's owner may have put into its indexes.
 * So the tables of each owner are counted by a temporary role that has only the rights of this owner. The administrator
 * counts the catalog, the TOAST tables, which other roles cannot access or index, and tables of superusers. If such a
 * function raises an error, tables of this owner are not compared, and a warning is logged. The same applies if the
 * function takes longer than a slow disk needs to read the database.
 *
 * <p>Meanwhile a temporary replication slot keeps the WAL that the end of the backup will fetch. Without the slot, a
 * busy server may have recycled it by then. The slot ends with its connection.
 */
final class BaseRows implements AutoCloseable {
    private static final String OLDEST_AT_WORK =
            "SELECT pg_catalog.pg_snapshot_xmin(pg_catalog.pg_current_snapshot())::pg_catalog.xid::text,"
                    + " pg_catalog.set_config('idle_session_timeout', '0', false)";

    private static final String DATABASES = """
            SELECT datname
              FROM pg_catalog.pg_database AS d
             WHERE datallowconn AND datconnlimit <> -2 AND {convertible}
               AND pg_catalog.age(d.xmin) > pg_catalog.age(CAST(? AS pg_catalog.xid))
             ORDER BY 1
            """.replace("{convertible}", DatabaseEncoding.CONVERTIBLE);

    /**
     * The SQLSTATEs of a dropped or locked table or database, which was not present or not untouched. They also include
     * databases that refuse the owner's login or are full of the owner's sessions: their tables are not counted.
     */
    private static final Set<String> GONE =
            Set.of("42P01", "3D000", "55P03", "55000", "42501", "42704", "53300", "28000");

    private static final String TERMINATED = "57P01";

    private static final String PREFIX = "pgsteward_count_";

    /** The comment that identifies the roles for counting as roles of pgsteward. */
    private static final String MARK = "pgsteward: counts rows for a base backup; the next one removes it";

    /** The validity of the role. It logs in at once. */
    private static final Duration USABLE = Duration.ofMinutes(10);

    private static final String LEFT_BEHIND = "SELECT rolname FROM pg_catalog.pg_roles WHERE rolname ~ '^" + PREFIX
            + "[0-9a-f]{8}$' AND rolvaliduntil < pg_catalog.now() AND pg_catalog.shobj_description(oid, 'pg_authid') = '"
            + MARK + "' AND NOT EXISTS (SELECT FROM pg_catalog.pg_stat_activity AS a WHERE a.usesysid = pg_roles.oid)";

    /**
     * The time for the tables of all owners in a small database. The time in which a slow disk reads the database is
     * added.
     */
    private static final Duration SMALL_DATABASE = Duration.ofMinutes(1);

    private static final Logger LOG = LoggerFactory.getLogger(BaseRows.class);

    private final Server server;
    private final Connection connection;
    private final BaseTables tables;
    private final TableCount counter;
    private final Duration smallDatabase;

    private BaseRows(Server server, Connection connection, String before, Duration smallDatabase) {
        this.server = server;
        this.connection = connection;
        this.tables = new BaseTables(server, before);
        this.counter = new TableCount(before);
        this.smallDatabase = smallDatabase;
    }

    /** Opens the session and the slot. Must be called before the backup starts. */
    static BaseRows before(Server server) throws SQLException {
        return before(server, SMALL_DATABASE);
    }

    /** @param smallDatabase the time for the tables of all owners in a small database */
    static BaseRows before(Server server, Duration smallDatabase) throws SQLException {
        Connection connection = server.connectForLong(server.address().database());
        boolean begun = false;
        try {
            BaseRows rows = new BaseRows(server, connection, oldestAtWork(connection), smallDatabase);
            rows.keepTheLog();
            begun = true;
            return rows;
        } finally {
            if (!begun) {
                connection.close();
            }
        }
    }

    private static String oldestAtWork(Connection connection) throws SQLException {
        return Query.one(connection, OLDEST_AT_WORK, row -> row.getString(1));
    }

    private void keepTheLog() {
        String name = "pgsteward_base_" + UUID.randomUUID().toString().substring(0, 8);
        try {
            counter.column(
                    connection, "SELECT pg_catalog.pg_create_physical_replication_slot('" + name + "', true, true)", 0);
        } catch (SQLException noSlot) {
            // No slot is free. The backup may have to be repeated, but usually succeeds.
            return;
        }
    }

    /** Counts once {@code backup} has ended well, and then releases the slot. */
    CompletableFuture<Map<String, Long>> after(ClientProgram backup) {
        return RowCount.start("count-base-rows", () -> {
            try (this) {
                backup.awaitSuccess();
                return count();
            }
        });
    }

    /** Returns the row counts by {@code database.schema.table}, with quoted identifiers where necessary. */
    private Map<String, Long> count() throws SQLException {
        Map<String, Long> counts = new TreeMap<>();
        for (String left : counter.column(connection, LEFT_BEHIND, 0)) {
            try {
                RoleRemoval.drop(server, left);
            } catch (SQLException e) {
                LOG.warn("cannot drop role {} of an earlier base backup: {}", left, e.getMessage());
            }
        }
        List<String> names = counter.column(connection, DATABASES, 1);
        for (String database : names) {
            String prefix =
                    counter.column(connection, "SELECT pg_catalog.quote_ident(" + Quote.literal(database) + ")", 0)
                                    .get(0)
                            + ".";
            count(database, prefix, counts);
        }
        return counts;
    }

    private void count(String database, String prefix, Map<String, Long> counts) throws SQLException {
        try {
            Map<String, List<BaseTables.Table>> byOwner = new TreeMap<>();
            tables.of(database)
                    .forEach(table -> byOwner.computeIfAbsent(table.owner(), owner -> new ArrayList<>())
                            .add(table));
            List<BaseTables.Table> administrators = byOwner.getOrDefault("", List.of());
            byOwner.remove("");
            try (TimeLimit limit = TimeLimit.in(timeFor(database))) {
                countOurs(database, administrators, prefix, counts, limit);
                for (Map.Entry<String, List<BaseTables.Table>> owned : byOwner.entrySet()) {
                    countOwned(database, owned.getKey(), owned.getValue(), prefix, counts, limit);
                }
            }
        } catch (SQLException e) {
            if (isGone(e)) {
                return;
            }
            if (!isUnreachable(e)) {
                throw e;
            }
            counter.column(connection, "SELECT 1", 0);
            LOG.warn("database {} is not compared with the base backup: {}", database, e.getMessage());
        }
    }

    /**
     * Returns whether the database cannot be reached. Its owner can lock it so that no login succeeds. The guard may
     * also have terminated the session.
     */
    private static boolean isUnreachable(SQLException e) {
        String state = String.valueOf(e.getSQLState());
        return e instanceof NoConnection || state.startsWith("08") || state.equals(TERMINATED);
    }

    private Duration timeFor(String database) throws SQLException {
        String bytes = counter.column(
                        connection, "SELECT pg_catalog.pg_database_size(" + Quote.literal(database) + ")", 0)
                .get(0);
        return smallDatabase.plusSeconds(Long.parseLong(bytes) / StuckRule.SLOW_DISK);
    }

    /**
     * Counts the administrator's tables within the limit. An owner can lock their TOAST tables, and each lock costs a
     * wait of half a minute.
     */
    private void countOurs(
            String database, List<BaseTables.Table> tables, String prefix, Map<String, Long> counts, TimeLimit limit)
            throws SQLException {
        try {
            counter.add(() -> limit.over(server.connectForLong(database)), tables, prefix, counts, BaseRows::passOver);
        } catch (SQLException e) {
            if (!limit.isOver()) {
                throw e;
            }
            counter.column(connection, "SELECT 1", 0);
            LOG.warn(
                    "not all tables of database {} are compared with the base backup: counting took longer than {}",
                    database,
                    limit.words());
        }
    }

    /** Counts the tables of an owner. An error skips tables of this owner only, unless PostgreSQL does not answer. */
    private void countOwned(
            String database,
            String owner,
            List<BaseTables.Table> tables,
            String prefix,
            Map<String, Long> counts,
            TimeLimit limit)
            throws SQLException {
        List<SQLException> failures = new ArrayList<>();
        try (TemporaryRole role = TemporaryRole.make(server, PREFIX, Optional.of(owner), MARK, USABLE)) {
            counter.add(
                    () -> limit.over(role.enter(database)), tables, prefix, counts, e -> addUnlessGone(e, failures));
        } catch (SQLException e) {
            counter.column(connection, "SELECT 1", 0);
            addUnlessGone(e, failures);
        }
        if (!failures.isEmpty()) {
            LOG.warn(
                    "tables of role {} in database {} are not compared with the base backup: {}",
                    owner,
                    database,
                    failures.get(0).getMessage());
        }
    }

    private static void addUnlessGone(SQLException e, List<SQLException> failures) {
        if (!isGone(e) && failures.isEmpty()) {
            failures.add(e);
        }
    }

    private static void passOver(SQLException e) throws SQLException {
        if (!isGone(e)) {
            throw e;
        }
    }

    private static boolean isGone(SQLException e) {
        return GONE.contains(String.valueOf(e.getSQLState()));
    }

    @Override
    public void close() throws SQLException {
        connection.close();
    }
}
