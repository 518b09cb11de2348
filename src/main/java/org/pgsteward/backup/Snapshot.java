package org.pgsteward.backup;

import java.io.IOException;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import org.pgsteward.postgres.Quote;
import org.pgsteward.postgres.Server;
import org.pgsteward.postgres.TableRows;

/**
 * One moment of a database, shared with {@code pg_dump}: what is counted here is what the dump holds, whatever the
 * applications write meanwhile.
 *
 * <p>The tables are locked, as softly as a reader does, before the moment is taken. A TRUNCATE between the moment and
 * {@code pg_dump}'s own lock would be seen by it as an empty table; and an ALTER TABLE that waits for {@code pg_dump} would
 * let nobody else count.
 */
final class Snapshot implements AutoCloseable {
    /**
     * Tables that hold rows of their own and are dumped with them: no views, no partitioned parents, no extension's. Large
     * objects, where there are some, stand in a table of the catalog, one row each.
     */
    private static final String TABLES = """
            SELECT pg_catalog.format('%I.%I', n.nspname, c.relname)
              FROM pg_catalog.pg_class AS c
              JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
             WHERE c.relkind = 'r'
               AND c.relpersistence <> 't'
               AND n.nspname NOT IN ('pg_catalog', 'information_schema')
               AND NOT EXISTS (SELECT FROM pg_catalog.pg_depend AS d
                                WHERE d.classid = 'pg_catalog.pg_class'::pg_catalog.regclass
                                  AND d.objid = c.oid AND d.deptype = 'e')
             UNION ALL
            SELECT 'pg_catalog.pg_largeobject_metadata'
             WHERE EXISTS (SELECT FROM pg_catalog.pg_largeobject_metadata)
             ORDER BY 1
            """;

    /** To count one of these the server reads a column of any length. */
    private static final String WITHOUT_A_SHORT_COLUMN = """
            SELECT pg_catalog.format('%I.%I', n.nspname, c.relname), NULL
              FROM pg_catalog.pg_class AS c
              JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
             WHERE c.relkind = 'r'
               AND n.nspname NOT IN ('pg_catalog', 'information_schema')
               AND NOT EXISTS (SELECT FROM pg_catalog.pg_attribute AS a
                                WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
                                  AND a.attgenerated = '' AND a.attlen > 0)
            """;

    private static final String EXTENSIONS =
            "SELECT extname, extversion FROM pg_catalog.pg_extension WHERE extname <> 'plpgsql' ORDER BY 1";

    /** Version 14 and older have no provider; the name of the locale's column changed with 17. */
    private static final String LOCALE = """
            SELECT pg_catalog.pg_encoding_to_char(d.encoding),
                   COALESCE(pg_catalog.to_jsonb(d) ->> 'datlocprovider', 'c'),
                   d.datcollate,
                   d.datctype,
                   COALESCE(pg_catalog.to_jsonb(d) ->> 'datlocale', pg_catalog.to_jsonb(d) ->> 'daticulocale', '')
              FROM pg_catalog.pg_database AS d
             WHERE d.datname = pg_catalog.current_database()
            """;

    private static final String ICU_RULES = """
            SELECT COALESCE(pg_catalog.to_jsonb(d) ->> 'daticurules', '')
              FROM pg_catalog.pg_database AS d
             WHERE d.datname = pg_catalog.current_database()
            """;

    private static final String TABLESPACE = """
            SELECT COALESCE(NULLIF(t.spcname, 'pg_default'), '')
              FROM pg_catalog.pg_database AS d
              JOIN pg_catalog.pg_tablespace AS t ON t.oid = d.dattablespace
             WHERE d.datname = pg_catalog.current_database()
            """;

    private static final String TABLESPACES = """
            SELECT DISTINCT t.spcname, NULL
              FROM pg_catalog.pg_class AS c
              JOIN pg_catalog.pg_tablespace AS t ON t.oid = c.reltablespace
             WHERE t.spcname <> 'pg_global'
             LIMIT 20
            """;

    /**
     * Materialized views that hold rows. The size of the file is asked for, not the rows: to read a view runs functions of
     * its owner, and {@code pg_relation_size} would wait for a REFRESH.
     */
    private static final String FILLED_VIEWS = """
            SELECT pg_catalog.format('%I.%I', n.nspname, c.relname), NULL
              FROM pg_catalog.pg_class AS c
              JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
             WHERE c.relkind = 'm' AND c.relispopulated
               AND (pg_catalog.pg_stat_file(pg_catalog.pg_relation_filepath(c.oid), true)).size > 0
             ORDER BY 1
             LIMIT 1000
            """;

    /** A role that is no superuser may need a GRANT for it; whether it may dump the database, pg_dump says better. */
    private static final String MAY_ASK_FOR_SIZES =
            "SELECT pg_catalog.has_function_privilege('pg_catalog.pg_stat_file(text, boolean)', 'EXECUTE')";

    /**
     * PostgreSQL prints SESSION_USER in capitals. A text literal with this word and a constraint of more than
     * {@link SessionViews#MOST_STORED} bytes count, too.
     */
    private static final String SESSION_CHECKS = """
            SELECT pg_catalog.format('constraint %I of ', conname)
                   || CASE WHEN contypid = 0
                           THEN 'table ' || conrelid::pg_catalog.regclass::text
                           ELSE 'domain ' || contypid::pg_catalog.regtype::text END,
                   NULL
              FROM pg_catalog.pg_constraint
             WHERE contype = 'c' AND oid >= 16384
               AND CASE WHEN pg_catalog.pg_column_size(conbin) < {most}
                        THEN pg_catalog.pg_get_constraintdef(oid) ~ '\\mSESSION_USER\\M' ELSE true END
             ORDER BY 1
             LIMIT 20
            """.replace("{most}", SessionViews.MOST_STORED);

    private static final String ROLES = """
            SELECT r.rolname, NULL
              FROM pg_catalog.pg_roles AS r
             WHERE r.rolname !~ '^pg_'
               AND (r.rolname IN (SELECT m.usename FROM pg_catalog.pg_user_mappings AS m)
                    OR EXISTS (SELECT FROM pg_catalog.pg_policy AS p WHERE r.oid = ANY (p.polroles)))
             ORDER BY 1
            """;

    private static final String SCHEMAS = """
            SELECT e.extname, n.nspname
              FROM pg_catalog.pg_extension AS e
              JOIN pg_catalog.pg_namespace AS n ON n.oid = e.extnamespace
             WHERE e.extname <> 'plpgsql'
            """;

    private static final String WHO_LOCKS = """
            SELECT l.relation::pg_catalog.regclass || ' by '
                   || CASE WHEN x.gid IS NULL
                           THEN pg_catalog.format('process %s (%s)', l.pid, COALESCE(NULLIF(a.application_name, ''), a.usename))
                           ELSE pg_catalog.format('a prepared transaction: ROLLBACK PREPARED %L', x.gid) END
              FROM pg_catalog.pg_locks AS l
              JOIN pg_catalog.pg_database AS d ON d.oid = l.database
              LEFT JOIN pg_catalog.pg_stat_activity AS a ON a.pid = l.pid
              LEFT JOIN pg_catalog.pg_locks AS own ON own.locktype = 'transactionid' AND own.pid IS NULL AND l.pid IS NULL
                    AND own.virtualtransaction = l.virtualtransaction
              LEFT JOIN pg_catalog.pg_prepared_xacts AS x ON x.transaction = own.transactionid
             WHERE d.datname = pg_catalog.current_database() AND (a.pid IS NOT NULL OR x.gid IS NOT NULL)
               AND l.locktype = 'relation' AND l.mode = 'AccessExclusiveLock' AND l.granted
             ORDER BY a.xact_start
             LIMIT 1
            """;

    private static final String DUMP_WAITS = """
            SELECT CASE WHEN pg_catalog.count(*) = 0 THEN 'NONE'
                        WHEN pg_catalog.bool_or(EXISTS (
                             SELECT FROM pg_catalog.unnest(pg_catalog.pg_blocking_pids(pid)) AS ahead
                              WHERE pg_catalog.pg_backend_pid() = ANY (pg_catalog.pg_blocking_pids(ahead))))
                        THEN 'BEHIND_US'
                        ELSE 'FOR_OTHERS' END
              FROM pg_catalog.pg_stat_activity
             WHERE wait_event_type = 'Lock' AND usename = current_user AND application_name = 'pgsteward'
               AND datname = pg_catalog.current_database()
            """;

    /** character_not_in_repertoire. */
    private static final String NO_UTF8 = "22021";

    /** lock_not_available. */
    private static final String TOO_LATE = "55P03";

    /** undefined_table, invalid_schema_name, and an internal error for one that went in between. */
    private static final Set<String> GONE = Set.of("42P01", "3F000", "XX000");

    /** Tables may come and go between their list and their locks: each costs milliseconds, and one in two may fail. */
    private static final int ATTEMPTS = 100;

    /** A session keeps some kilobytes for each table that it has read, until it ends. */
    static final int TABLES_OF_A_SESSION = 1000;

    /** How long another session that counts waits for a table that somebody waits to change. */
    private static final long HELPER_WAITS_MILLISECONDS = 1000;

    private final Server server;
    private final String database;
    private final Connection connection;
    private final String id;
    private final Surroundings surroundings;

    /** Another session at the same moment, while it counts. */
    private volatile Optional<Connection> helper = Optional.empty();

    private Snapshot(Server server, String database, Connection connection, Optional<String> owner)
            throws SQLException {
        this.server = server;
        this.database = database;
        this.connection = connection;
        this.id = one(connection, "SELECT pg_catalog.pg_export_snapshot()");
        this.surroundings = readSurroundings(owner);
    }

    static Snapshot export(Server server, String database) throws SQLException {
        return export(server, database, Duration.ofSeconds(30));
    }

    static Snapshot export(Server server, String database, Duration patience) throws SQLException {
        return export(server, database, Optional.empty(), patience, TimeLimit.in(Duration.ofMinutes(2)));
    }

    /**
     * The same of a database that is restored for {@code owner}, whose powers decide whether it can be.
     *
     * @param limit until which it is there: an owner can hold many locks, one after the other
     */
    static Snapshot of(Server server, String database, Optional<String> owner, TimeLimit limit) throws SQLException {
        return export(server, database, owner, Duration.ofSeconds(30), limit);
    }

    /**
     * @param patience how long a table may be locked by somebody else
     * @throws SQLException when one is for longer, with who it is; or when PostgreSQL does not answer
     */
    private static Snapshot export(
            Server server, String database, Optional<String> owner, Duration patience, TimeLimit limit)
            throws SQLException {
        Connection connection = limit.over(server.connectForLong(database));
        boolean exported = false;
        try {
            connection.setTransactionIsolation(Connection.TRANSACTION_REPEATABLE_READ);
            connection.setReadOnly(true);
            run(connection, "SET lock_timeout = " + patience.toMillis());
            for (int attempt = 1; !locked(connection, attempt == ATTEMPTS); attempt++) {
                connection.rollback();
            }
            Snapshot snapshot = new Snapshot(server, database, connection, owner);
            limit.lift(connection);
            exported = true;
            return snapshot;
        } catch (SQLException e) {
            if (limit.isOver()) {
                throw waitedTooLong(server, database, limit, e);
            }
            throw NO_UTF8.equals(e.getSQLState()) ? namesAreNoUtf8(e) : e;
        } finally {
            if (!exported) {
                connection.close();
            }
        }
    }

    private static SQLException waitedTooLong(Server server, String database, TimeLimit limit, SQLException e)
            throws SQLException {
        try (Connection connection = server.connectForLong(database)) {
            return new SQLException(
                    "after " + limit.words() + " not all tables are locked and described: "
                            + Optional.ofNullable(one(connection, WHO_LOCKS))
                                    .orElse("no session holds a lock at present"),
                    TOO_LATE,
                    e);
        }
    }

    /** The driver sends UTF-8 and nothing else, so that such a name can be read and not be said. */
    private static SQLException namesAreNoUtf8(SQLException e) {
        return new SQLException(
                "a name in it is not UTF-8, which a database with the encoding SQL_ASCII takes (" + e.getMessage()
                        + "): rename it, by psql with PGCLIENTENCODING=LATIN1, which shows it; until then only the base"
                        + " backup holds this database",
                NO_UTF8,
                e);
    }

    /** @return whether all tables are locked; one of the list may be gone by then */
    private static boolean locked(Connection connection, boolean last) throws SQLException {
        connection.setAutoCommit(true);
        List<String> tables = tables(connection);
        connection.setAutoCommit(false);
        if (tables.isEmpty()) {
            return true;
        }
        try {
            run(connection, "LOCK TABLE ONLY " + String.join(", ONLY ", tables) + " IN ACCESS SHARE MODE");
            return true;
        } catch (SQLException e) {
            if (TOO_LATE.equals(e.getSQLState())) {
                connection.rollback();
                connection.setAutoCommit(true);
                throw new SQLException(
                        "a table is locked for longer than pgsteward waits: " + one(connection, WHO_LOCKS),
                        TOO_LATE,
                        e);
            }
            if (!last && GONE.contains(String.valueOf(e.getSQLState()))) {
                return false;
            }
            throw e;
        }
    }

    /** For which lock {@code pg_dump} waits. */
    enum DumpWait {
        NONE,
        /** It waits behind a session that waits for this one. Without a time-out both would wait forever. */
        BEHIND_US,
        /** Another session has locked something that this one has not. */
        FOR_OTHERS
    }

    DumpWait dumpWait() throws SQLException {
        run(connection, "SELECT pg_catalog.pg_stat_clear_snapshot()");
        return DumpWait.valueOf(one(connection, DUMP_WAITS));
    }

    /** Returns who has locked something of the database for longest, and what. */
    String whoLocks() throws SQLException {
        run(connection, "SELECT pg_catalog.pg_stat_clear_snapshot()");
        return Objects.requireNonNullElse(one(connection, WHO_LOCKS), "no session at present");
    }

    /** For {@code pg_dump --snapshot}; valid until this is closed. */
    String id() {
        return id;
    }

    /** Rows by table, the names quoted. */
    Map<String, Long> countRows() throws SQLException, IOException, InterruptedException {
        return countRows(() -> {});
    }

    /** Waits for a program that reads the same tables. */
    @FunctionalInterface
    interface Reader {
        void await() throws IOException, InterruptedException;
    }

    /**
     * The same beside a program that reads the tables, too. Tables without a short column are counted once it has ended:
     * otherwise the server holds their longest row twice at the same time.
     */
    Map<String, Long> countRows(Reader reader) throws SQLException, IOException, InterruptedException {
        Map<String, Long> counts = new TreeMap<>();
        Set<String> slow = pairs(WITHOUT_A_SHORT_COLUMN).keySet();
        List<String> tables = tables(connection);
        List<String> first =
                tables.stream().filter(table -> !slow.contains(table)).toList();
        List<String> last = tables.stream().filter(slow::contains).toList();
        count(first, counts);
        if (!last.isEmpty()) {
            reader.await();
            count(last, counts);
        }
        return counts;
    }

    private void count(List<String> tables, Map<String, Long> counts) throws SQLException {
        if (tables.size() <= TABLES_OF_A_SESSION) {
            countHere(tables, counts);
            return;
        }
        for (int from = 0; from < tables.size(); from += TABLES_OF_A_SESSION) {
            countBeside(tables.subList(from, Math.min(tables.size(), from + TABLES_OF_A_SESSION)), counts);
        }
    }

    private void countHere(List<String> tables, Map<String, Long> counts) throws SQLException {
        for (String table : tables) {
            counts.put(table, TableRows.count(connection, table));
        }
    }

    /** Counts in another session, whose memory is released at the end. */
    private void countBeside(List<String> tables, Map<String, Long> counts) throws SQLException {
        try (Connection other = join()) {
            helper = Optional.of(other);
            for (String table : tables) {
                counts.put(table, TableRows.count(other, table));
            }
        } catch (SQLException e) {
            if (!TOO_LATE.equals(e.getSQLState())) {
                throw e;
            }
            // Somebody waits to change a table. Only the session that has it locked already can read it.
            countHere(
                    tables.stream().filter(table -> !counts.containsKey(table)).toList(), counts);
        } finally {
            helper = Optional.empty();
        }
    }

    private Connection join() throws SQLException {
        Connection other = server.connectForLong(database);
        boolean joined = false;
        try {
            other.setTransactionIsolation(Connection.TRANSACTION_REPEATABLE_READ);
            other.setReadOnly(true);
            run(other, "SET lock_timeout = " + HELPER_WAITS_MILLISECONDS);
            other.setAutoCommit(false);
            run(other, "SET TRANSACTION SNAPSHOT " + Quote.literal(id));
            joined = true;
            return other;
        } finally {
            if (!joined) {
                other.close();
            }
        }
    }

    /** What the dump takes for granted. */
    Surroundings surroundings() {
        return surroundings;
    }

    /** Asks only the catalog: nothing that the database holds runs here. */
    private String powers(Optional<String> owner) throws SQLException {
        boolean powerful = owner.isPresent()
                && one(connection, OwnerPowers.POWERS + Quote.literal(owner.get()))
                        .equals("t");
        return powerful ? Objects.requireNonNullElse(one(connection, OwnerPowers.CODE), "") : "";
    }

    private Surroundings readSurroundings(Optional<String> owner) throws SQLException {
        List<String> roles = names(ROLES);
        Map<String, String> schemas = pairs(SCHEMAS);
        try (Statement statement = connection.createStatement();
                ResultSet row = statement.executeQuery(LOCALE)) {
            row.next();
            return new Surroundings(
                    row.getString(1),
                    row.getString(2),
                    row.getString(3),
                    row.getString(4),
                    row.getString(5),
                    roles,
                    schemas,
                    one(connection, ICU_RULES),
                    one(connection, TABLESPACE),
                    names(TABLESPACES),
                    powers(owner),
                    losses(owner.isPresent()),
                    Map.of(),
                    0);
        }
    }

    /** @param given whether a restore gives the database to a role that is not its administrator */
    private Losses losses(boolean given) throws SQLException {
        return new Losses(
                one(connection, MAY_ASK_FOR_SIZES).equals("t") ? names(FILLED_VIEWS) : List.of(),
                ExtensionTables.count(connection).stream()
                        .filter(table -> table.rows() > 0)
                        .toList(),
                given ? names(SystemPrivileges.CHANGED) : List.of(),
                given ? names(SESSION_CHECKS) : List.of(),
                names(SystemSchemas.ADDED),
                pairs(ExtensionObjects.ADDED).entrySet().stream()
                        .map(member -> new Losses.ExtensionObject(member.getKey(), member.getValue()))
                        .toList(),
                names(SessionViews.NAMES));
    }

    private List<String> names(String sql) throws SQLException {
        return List.copyOf(pairs(sql).keySet());
    }

    Map<String, String> extensions() throws SQLException {
        return pairs(EXTENSIONS);
    }

    /** Whether rows may belong into other partitions where they are restored, so that they go in by the root. */
    boolean hasMovingPartitions() throws SQLException {
        return one(connection, MovingPartitions.EXIST).equals("t");
    }

    @Override
    public void close() throws SQLException {
        Optional<Connection> counting = helper;
        if (counting.isPresent()) {
            counting.get().close();
        }
        connection.close();
    }

    private static List<String> tables(Connection connection) throws SQLException {
        List<String> tables = new ArrayList<>();
        try (Statement statement = connection.createStatement();
                ResultSet rows = statement.executeQuery(TABLES)) {
            while (rows.next()) {
                tables.add(rows.getString(1));
            }
        }
        return tables;
    }

    private Map<String, String> pairs(String sql) throws SQLException {
        Map<String, String> pairs = new TreeMap<>();
        try (Statement statement = connection.createStatement();
                ResultSet rows = statement.executeQuery(sql)) {
            while (rows.next()) {
                pairs.put(rows.getString(1), String.valueOf(rows.getString(2)));
            }
        }
        return pairs;
    }

    private static void run(Connection connection, String sql) throws SQLException {
        try (Statement statement = connection.createStatement()) {
            statement.execute(sql);
        }
    }

    private static String one(Connection connection, String sql) throws SQLException {
        try (Statement statement = connection.createStatement();
                ResultSet row = statement.executeQuery(sql)) {
            return row.next() ? row.getString(1) : "nobody who is still there";
        }
    }
}
