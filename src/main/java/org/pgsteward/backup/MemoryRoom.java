package org.pgsteward.backup;

import java.io.IOException;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.Optional;
import org.pgsteward.postgres.ContainerMemory;
import org.pgsteward.postgres.Server;

/** Asks the server for its {@linkplain MemoryRoomRule memory} before a dump takes any. */
final class MemoryRoom {
    private static final String TABLES = "SELECT pg_catalog.count(*) FROM pg_catalog.pg_class"
            + " WHERE oid >= 16384 AND relkind IN ('r', 'p') AND relpersistence <> 't'";

    /** A role that is no superuser may read no files. */
    private static final String MAY_READ = "SELECT pg_catalog.has_function_privilege("
            + "'pg_catalog.pg_read_file(text, bigint, bigint, boolean)', 'EXECUTE')";

    private MemoryRoom() {}

    /** @throws IOException if a dump of the database could make the kernel kill a process of PostgreSQL */
    static void require(Server server, String database) throws IOException, SQLException {
        try (Connection connection = server.connect(database);
                Statement statement = connection.createStatement()) {
            long tables = number(statement, TABLES);
            if (tables <= MemoryRoomRule.FEW_TABLES || !isTrue(statement, MAY_READ)) {
                return;
            }
            Optional<String> hindrance = MemoryRoomRule.hindrance(database, tables, ContainerMemory.read(connection));
            if (hindrance.isPresent()) {
                throw new IOException(hindrance.get());
            }
        }
    }

    private static long number(Statement statement, String sql) throws SQLException {
        try (ResultSet row = statement.executeQuery(sql)) {
            row.next();
            return row.getLong(1);
        }
    }

    private static boolean isTrue(Statement statement, String sql) throws SQLException {
        try (ResultSet row = statement.executeQuery(sql)) {
            row.next();
            return row.getBoolean(1);
        }
    }
}
