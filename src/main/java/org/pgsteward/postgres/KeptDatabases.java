package org.pgsteward.postgres;

import java.sql.Connection;
import java.sql.SQLException;
import java.time.Instant;
import java.util.List;
import org.pgsteward.model.KeptDatabase;

/**
 * The databases that restores created beside the live one ({@code --into}) or kept as the previous database
 * ({@code --replace}), in the table {@code kept_databases}. A row counts as long as its database exists under the same
 * name and belongs to no service.
 */
public final class KeptDatabases {
    /** The most databases that are listed. */
    private static final int MOST = 100;

    /**
     * Databases that {@code --replace} kept before the table existed are found by their name, which ends with the time.
     */
    private static final String READ = """
            SELECT d.datname,
                   COALESCE(k.service_name, pg_catalog.left(d.datname, -24)),
                   COALESCE(k.reason, 'replaced'),
                   COALESCE(k.kept_since,
                            pg_catalog.to_timestamp(pg_catalog.right(d.datname, 16), 'YYYYMMDD"T"HH24MISS"Z"')::timestamp
                                AT TIME ZONE 'UTC'),
                   pg_catalog.pg_database_size(d.oid)
              FROM pg_catalog.pg_database AS d
              LEFT JOIN public.kept_databases AS k ON k.database_oid = d.oid AND k.database_name = d.datname
             WHERE NOT EXISTS (SELECT FROM public.service_configs AS sc WHERE sc.database_name = d.datname)
               AND (k.database_oid IS NOT NULL
                    OR (NOT d.datallowconn AND d.datname ~ '^.+_before_2[0-9]{7}T[0-9]{6}Z$'))
             ORDER BY 4, 1
             LIMIT %d
            """.formatted(MOST);

    private static final String IS_THERE = "SELECT pg_catalog.to_regclass('public.kept_databases') IS NOT NULL";

    private static final String FORGET = """
            DELETE FROM public.kept_databases AS k
             WHERE NOT EXISTS (SELECT FROM pg_catalog.pg_database AS d
                                WHERE d.oid = k.database_oid AND d.datname = k.database_name)
            """;

    private static final String NOTE = """
            INSERT INTO public.kept_databases (database_oid, database_name, service_name, reason, kept_since)
            SELECT oid, datname, pg_catalog.left(?, 50), ?, ? FROM pg_catalog.pg_database WHERE datname = ?
                ON CONFLICT (database_oid) DO UPDATE
               SET database_name = excluded.database_name, service_name = excluded.service_name,
                   reason = excluded.reason, kept_since = excluded.kept_since
            """;

    private KeptDatabases() {}

    /**
     * Returns the databases, oldest first, up to {@link #MOST}.
     *
     * @param connection to the management database
     */
    public static List<KeptDatabase> read(Connection connection) throws SQLException {
        return Query.list(
                connection,
                READ,
                row -> new KeptDatabase(
                        row.getString(1),
                        row.getString(2),
                        row.getString(3).equals("replaced"),
                        Query.time(row, 4),
                        row.getLong(5)));
    }

    /** Returns the databases, oldest first, over a connection of its own. */
    public static List<KeptDatabase> read(Server server) throws SQLException {
        try (Connection connection = server.connect(server.address().database())) {
            return read(connection);
        }
    }

    /**
     * Records a database, in the transaction that gives it its name. Does nothing if the table does not exist.
     *
     * @param connection to the management database
     * @param replaced true if {@code --replace} kept it, false if {@code --into} created it
     */
    public static void note(Connection connection, String database, String service, boolean replaced, Instant at)
            throws SQLException {
        if (Query.one(connection, IS_THERE, row -> row.getBoolean(1))) {
            Query.run(connection, FORGET);
            Query.run(connection, NOTE, service, replaced ? "replaced" : "restored", at, database);
        }
    }
}
