package org.pgsteward.backup.dump;

import java.io.IOException;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.Optional;
import org.pgsteward.postgres.LockTable;
import org.pgsteward.postgres.Query;

/** Queries the server's {@linkplain LockRoomRule room for locks} before a dump takes any. */
final class LockRoom {
    private static final String ROOM = """
            SELECT pg_catalog.current_setting('max_locks_per_transaction')::int,
                   {holders},
                   (SELECT {taken} FROM pg_catalog.pg_locks AS l WHERE {isInIt}),
                   (SELECT count(*)
                      FROM pg_catalog.pg_class AS c
                     WHERE c.oid >= 16384 AND c.relkind IN ('r', 'p', 'S', 'v', 'm') AND c.relpersistence <> 't'),
                   COALESCE((SELECT a.usename
                               FROM pg_catalog.pg_locks AS l
                               JOIN pg_catalog.pg_stat_activity AS a ON a.pid = l.pid
                              WHERE {isInIt} AND a.usename IS NOT NULL
                              GROUP BY 1 ORDER BY pg_catalog.count(*) DESC, 1 LIMIT 1), '')
            """.replace("{holders}", LockTable.HOLDERS)
            .replace("{taken}", LockTable.TAKEN)
            .replace("{isInIt}", LockTable.IS_IN_IT);

    private LockRoom() {}

    /**
     * Checks the room for locks.
     *
     * @param connection a session in the database
     * @throws IOException if a dump of {@code database} could not lock its tables, or would leave no locks to others
     */
    static void require(Connection connection, String database) throws IOException, SQLException {
        LockRoomRule.Room room = Query.one(
                connection,
                ROOM,
                row -> new LockRoomRule.Room(
                        row.getInt(1), row.getInt(2), row.getLong(3), row.getLong(4), row.getString(5)));
        Optional<String> hindrance = LockRoomRule.hindrance(database, room);
        if (hindrance.isPresent()) {
            throw new IOException(hindrance.get());
        }
    }
}
