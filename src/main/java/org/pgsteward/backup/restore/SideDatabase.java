package org.pgsteward.backup.restore;

import java.io.IOException;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.pgsteward.backup.store.Losses;
import org.pgsteward.model.Refusal;
import org.pgsteward.postgres.DatabaseRename;
import org.pgsteward.postgres.Query;
import org.pgsteward.postgres.Quote;
import org.pgsteward.postgres.Server;
import org.pgsteward.postgres.TableRows;
import org.pgsteward.postgres.UnfinishedRestore;

/**
 * A database in which a dump is restored beside what is there, before it gets its name. Nobody but its {@link Guest} may
 * connect to it, whose name it bears.
 */
final class SideDatabase {
    private static final String LIKE_THE_LIVE_ONE = """
            SELECT pg_catalog.format(' ENCODING %L LC_COLLATE %L LC_CTYPE %L',
                                     pg_catalog.pg_encoding_to_char(encoding), datcollate, datctype)
                   || CASE datlocprovider
                          WHEN 'i' THEN
                              pg_catalog.format(' LOCALE_PROVIDER icu ICU_LOCALE %L',
                                                COALESCE(pg_catalog.to_jsonb(d) ->> 'daticulocale',
                                                         pg_catalog.to_jsonb(d) ->> 'datlocale'))
                              || CASE WHEN pg_catalog.to_jsonb(d) ->> 'daticurules' <> ''
                                      THEN pg_catalog.format(' ICU_RULES %L', pg_catalog.to_jsonb(d) ->> 'daticurules')
                                      ELSE '' END
                          WHEN 'b' THEN
                              pg_catalog.format(' LOCALE_PROVIDER builtin BUILTIN_LOCALE %L',
                                                pg_catalog.to_jsonb(d) ->> 'datlocale')
                          ELSE '' END
                   || COALESCE((SELECT pg_catalog.format(' TABLESPACE %I', t.spcname)
                                  FROM pg_catalog.pg_tablespace AS t
                                 WHERE t.oid = d.dattablespace AND t.spcname <> 'pg_default'), '')
              FROM pg_catalog.pg_database AS d
             WHERE datname =
            """;

    private final Server server;
    private final String name;

    SideDatabase(Server server, Guest guest) {
        this.server = server;
        this.name = guest.name();
    }

    String name() {
        return name;
    }

    /** The words that make a database like one that is there, for the end of {@code CREATE DATABASE}. */
    static String like(Server server, String live) throws SQLException {
        return Guest.names(server, LIKE_THE_LIVE_ONE + Quote.literal(live)).get(0);
    }

    /**
     * Makes it. Nobody gets in before PUBLIC is out.
     *
     * @param like the words that say how it sorts, those of a dumped database; another server may lack its locale
     * @return what is not as they say, one line each
     */
    List<String> create(String owner, String like) throws SQLException {
        List<String> notes = new ArrayList<>();
        try {
            make(owner, like.isEmpty() ? " ENCODING 'UTF8'" : like);
        } catch (SQLException e) {
            if (like.isEmpty()) {
                throw e;
            }
            make(owner, " ENCODING 'UTF8'");
            notes.add(cannotMake(like, e) + ": it sorts as the server does");
        }
        close();
        return notes;
    }

    /**
     * The same for a database that takes the place of the live one: applications rely on the order of that one.
     *
     * @param like the words that say how the live one sorts
     * @throws Refusal when the server cannot make such a database
     */
    void createLike(String live, String owner, String like) throws Refusal, SQLException {
        try {
            make(owner, like);
        } catch (SQLException e) {
            throw new Refusal("database " + live + " is not replaced: " + cannotMake(like, e)
                    + "; install its locale on the server, or restore beside it by --into, in the order of the server");
        }
        close();
    }

    private static String cannotMake(String like, SQLException e) {
        return "the server cannot make a database with" + like + " ("
                + String.valueOf(e.getMessage()).lines().findFirst().orElse("no reason given") + ")";
    }

    private void make(String owner, String like) throws SQLException {
        Guest.run(
                server,
                "CREATE DATABASE " + Quote.identifier(name) + " OWNER " + Quote.identifier(owner)
                        + " TEMPLATE template0 ALLOW_CONNECTIONS false" + like);
    }

    private void close() throws SQLException {
        String quoted = Quote.identifier(name);
        Guest.run(
                server,
                "COMMENT ON DATABASE " + quoted + " IS " + Quote.literal(UnfinishedRestore.MARK)
                        + "; REVOKE ALL ON DATABASE " + quoted + " FROM PUBLIC; ALTER DATABASE " + quoted
                        + " ALLOW_CONNECTIONS true");
    }

    /**
     * Counts every table.
     *
     * @param dumped how many rows each had
     * @return how many there are in all
     * @throws IOException when it is not so in one of them
     */
    long compareRows(Map<String, Long> dumped) throws IOException, SQLException {
        Map<String, Long> restored = new TreeMap<>();
        try (Connection connection = server.connectForLong(name)) {
            for (String table : dumped.keySet()) {
                restored.put(table, TableRows.count(connection, table));
            }
            RowDifferences differing = RowDifferences.of(dumped, restored);
            if (!differing.isEmpty()) {
                differing.settled(Guest.names(connection, differing.question())).orThrow();
            }
        }
        return restored.values().stream().mapToLong(Long::longValue).sum();
    }

    /** Returns the tables of extensions that have fewer rows than when they were dumped, one line each. */
    List<String> lostRows(List<Losses.ExtensionTable> held) throws SQLException {
        if (held.isEmpty()) {
            return List.of();
        }
        try (Connection connection = server.connectForLong(name)) {
            connection.setAutoCommit(false);
            Map<String, Long> restored = new TreeMap<>();
            ExtensionTables.count(connection).forEach(table -> restored.put(table.name(), table.rows()));
            return ExtensionTables.lost(held, restored);
        }
    }

    /** Gives it its name, by which it is nobody's leftover any more: in one transaction. */
    void rename(String to, Note note) throws SQLException {
        String quoted = Quote.identifier(name);
        boolean marked = Guest.names(
                        server,
                        "SELECT pg_catalog.shobj_description(oid, 'pg_database') FROM pg_catalog.pg_database"
                                + " WHERE datname = " + Quote.literal(name))
                .contains(UnfinishedRestore.MARK);
        try (Connection connection = server.connect(server.address().database())) {
            connection.setAutoCommit(false);
            if (marked) {
                Query.run(connection, "COMMENT ON DATABASE " + quoted + " IS NULL");
            }
            DatabaseRename.run(connection, name, to);
            note.in(connection);
            connection.commit();
        }
    }

    /** What is written down in the transaction that gives the database its name. */
    @FunctionalInterface
    interface Note {
        void in(Connection connection) throws SQLException;
    }

    void drop() throws SQLException {
        Guest.dropDatabase(server, name);
    }
}
