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
 * A staging database: a dump is restored into it beside the existing databases before it gets its final name. Only its
 * {@link RestoreRole}, whose name it shares, may connect to it.
 */
final class StagingDatabase {
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

    StagingDatabase(Server server, RestoreRole role) {
        this.server = server;
        this.name = role.name();
    }

    String name() {
        return name;
    }

    /** Returns the clauses of {@code CREATE DATABASE} that make a database like an existing one. */
    static String like(Server server, String live) throws SQLException {
        return RestoreRole.names(server, LIKE_THE_LIVE_ONE + Quote.literal(live))
                .get(0);
    }

    /**
     * Creates the database. No role may connect before the privileges of PUBLIC are revoked.
     *
     * @param like the clauses for encoding and collation of the dumped database; another server may lack its locale
     * @return the differences from these clauses, one line each
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
            notes.add(cannotMake(like, e) + ": it has the sort order of the server");
        }
        close();
        return notes;
    }

    /**
     * Creates a database that will replace the live one. Unlike {@link #create}, it accepts no other collation, because
     * applications rely on the sort order of the live database.
     *
     * @param like the clauses for encoding and collation of the live database
     * @throws Refusal if the server cannot create such a database
     */
    void createLike(String live, String owner, String like) throws Refusal, SQLException {
        try {
            make(owner, like);
        } catch (SQLException e) {
            throw new Refusal("cannot replace database " + live + ": " + cannotMake(like, e)
                    + "; install its locale on the server, or restore with --into, in the sort order of the server");
        }
        close();
    }

    private static String cannotMake(String like, SQLException e) {
        return "the server cannot create a database with" + like + " ("
                + String.valueOf(e.getMessage()).lines().findFirst().orElse("no reason given") + ")";
    }

    private void make(String owner, String like) throws SQLException {
        RestoreRole.run(
                server,
                "CREATE DATABASE " + Quote.identifier(name) + " OWNER " + Quote.identifier(owner)
                        + " TEMPLATE template0 ALLOW_CONNECTIONS false" + like);
    }

    private void close() throws SQLException {
        String quoted = Quote.identifier(name);
        RestoreRole.run(
                server,
                "COMMENT ON DATABASE " + quoted + " IS " + Quote.literal(UnfinishedRestore.MARK)
                        + "; REVOKE ALL ON DATABASE " + quoted + " FROM PUBLIC; ALTER DATABASE " + quoted
                        + " ALLOW_CONNECTIONS true");
    }

    /**
     * Counts the rows of every table.
     *
     * @param dumped the rows of each table in the dump
     * @return the sum of all rows
     * @throws IOException if a table has another number of rows
     */
    long compareRows(Map<String, Long> dumped) throws IOException, SQLException {
        Map<String, Long> restored = new TreeMap<>();
        try (Connection connection = server.connectForLong(name)) {
            for (String table : dumped.keySet()) {
                restored.put(table, TableRows.count(connection, table));
            }
            RowDifferences differing = RowDifferences.of(dumped, restored);
            if (!differing.isEmpty()) {
                differing
                        .settled(RestoreRole.names(connection, differing.question()))
                        .orThrow();
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

    /** Gives the database its final name and removes the mark of a leftover, in one transaction. */
    void rename(String to, Note note) throws SQLException {
        String quoted = Quote.identifier(name);
        boolean marked = RestoreRole.names(
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

    /** A record that is written in the transaction that gives the database its name. */
    @FunctionalInterface
    interface Note {
        void in(Connection connection) throws SQLException;
    }

    void drop() throws SQLException {
        RestoreRole.dropDatabase(server, name);
    }
}
