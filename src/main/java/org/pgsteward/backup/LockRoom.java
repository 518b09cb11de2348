package org.pgsteward.backup;

import java.io.IOException;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.Optional;
import org.pgsteward.postgres.Server;

/** Asks the server for its {@linkplain LockRoomRule room for locks} before a dump takes any. */
final class LockRoom {
    /** PostgreSQL sizes its table of locks by these settings. What a session locks by its fast path is not in it. */
    private static final String ROOM = """
            SELECT pg_catalog.current_setting('max_locks_per_transaction')::int,
                   pg_catalog.current_setting('max_connections')::int
                   + pg_catalog.current_setting('autovacuum_max_workers')::int + 1
                   + pg_catalog.current_setting('max_worker_processes')::int
                   + pg_catalog.current_setting('max_wal_senders')::int
                   + pg_catalog.current_setting('max_prepared_transactions')::int,
                   (SELECT count(DISTINCT (l.locktype, l.database, l.relation, l.page, l.tuple, l.virtualxid,
                                           l.transactionid::text, l.classid, l.objid, l.objsubid))
                      FROM pg_catalog.pg_locks AS l
                     WHERE NOT l.fastpath AND l.mode <> 'SIReadLock'),
                   (SELECT count(*)
                      FROM pg_catalog.pg_class AS c
                     WHERE c.oid >= 16384 AND c.relkind IN ('r', 'p', 'S', 'v', 'm') AND c.relpersistence <> 't')
            """;

    private LockRoom() {}

    /** @throws IOException when a dump of {@code database} could not lock its tables, or would leave none to others */
    static void require(Server server, String database) throws IOException, SQLException {
        try (Connection connection = server.connect(database);
                Statement statement = connection.createStatement();
                ResultSet row = statement.executeQuery(ROOM)) {
            row.next();
            Optional<String> hindrance = LockRoomRule.hindrance(
                    database, new LockRoomRule.Room(row.getInt(1), row.getInt(2), row.getLong(3), row.getLong(4)));
            if (hindrance.isPresent()) {
                throw new IOException(hindrance.get());
            }
        }
    }
}
