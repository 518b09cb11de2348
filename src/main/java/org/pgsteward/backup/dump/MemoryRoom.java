package org.pgsteward.backup.dump;

import java.io.IOException;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.Optional;
import org.pgsteward.postgres.ContainerMemory;
import org.pgsteward.postgres.Query;

/** Queries the server's {@linkplain MemoryRoomRule memory} before a dump takes any. */
final class MemoryRoom {
    /**
     * The numbers of tables, views, indexes and columns, and the bytes that sessions keep. PostgreSQL computes the
     * length of a text without reading it. Function bodies and defaults of types stay compressed in a session. The
     * default values of columns that were added later are not text, so their length is estimated: compression turns at
     * most 255 bytes into one.
     */
    private static final String DEFINITIONS = """
            SELECT pg_catalog.count(*) FILTER (WHERE relkind IN ('r', 'p')),
                   pg_catalog.count(*) FILTER (WHERE relkind NOT IN ('r', 'p', 'i', 'I')),
                   pg_catalog.count(*) FILTER (WHERE relkind IN ('i', 'I')),
                   (SELECT pg_catalog.count(*) FROM pg_catalog.pg_attribute WHERE attrelid >= 16384),
                   (SELECT COALESCE(pg_catalog.sum(pg_catalog.octet_length(conbin::text)), 0)
                      FROM pg_catalog.pg_constraint WHERE oid >= 16384 AND conrelid <> 0)
                 + (SELECT COALESCE(pg_catalog.sum(pg_catalog.octet_length(adbin::text)), 0)
                      FROM pg_catalog.pg_attrdef WHERE oid >= 16384)
                 + (SELECT COALESCE(pg_catalog.sum(pg_catalog.octet_length(ev_action::text)
                                                   + pg_catalog.octet_length(ev_qual::text)), 0)
                      FROM pg_catalog.pg_rewrite WHERE oid >= 16384)
                 + (SELECT COALESCE(pg_catalog.sum(COALESCE(pg_catalog.octet_length(tgqual::text), 0)
                                                   + pg_catalog.octet_length(tgargs)), 0)
                      FROM pg_catalog.pg_trigger WHERE oid >= 16384)
                 + (SELECT COALESCE(pg_catalog.sum(COALESCE(pg_catalog.octet_length(polqual::text), 0)
                                                   + COALESCE(pg_catalog.octet_length(polwithcheck::text), 0)), 0)
                      FROM pg_catalog.pg_policy WHERE oid >= 16384)
                 + (SELECT COALESCE(pg_catalog.sum(COALESCE(pg_catalog.octet_length(indexprs::text), 0)
                                                   + COALESCE(pg_catalog.octet_length(indpred::text), 0)), 0)
                      FROM pg_catalog.pg_index WHERE indexrelid >= 16384)
                 + (SELECT COALESCE(pg_catalog.sum(pg_catalog.octet_length(partexprs::text)), 0)
                      FROM pg_catalog.pg_partitioned_table)
                 + (SELECT COALESCE(pg_catalog.sum(pg_catalog.octet_length(stxexprs::text)), 0)
                      FROM pg_catalog.pg_statistic_ext)
                 + (SELECT COALESCE(pg_catalog.sum(COALESCE(pg_catalog.pg_column_size(typdefaultbin), 0)
                                                   + COALESCE(pg_catalog.pg_column_size(typdefault), 0)), 0)
                      FROM pg_catalog.pg_type WHERE oid >= 16384)
                 + (SELECT COALESCE(pg_catalog.sum(pg_catalog.pg_column_size(prosrc)
                                                   + COALESCE(pg_catalog.pg_column_size(prosqlbody), 0)
                                                   + COALESCE(pg_catalog.pg_column_size(proargdefaults), 0)), 0)
                      FROM pg_catalog.pg_proc WHERE oid >= 16384)
                 + (SELECT COALESCE(pg_catalog.sum(pg_catalog.pg_column_size(attmissingval)::bigint
                                 * CASE WHEN pg_catalog.pg_column_compression(attmissingval) IS NULL THEN 1 ELSE 255 END), 0)
                      FROM pg_catalog.pg_attribute WHERE attrelid >= 16384 AND attmissingval IS NOT NULL)
                 + COALESCE(pg_catalog.sum(COALESCE(pg_catalog.octet_length(relpartbound::text), 0)
                                           + COALESCE(pg_catalog.pg_column_size(reloptions), 0)
                                           + COALESCE(pg_catalog.pg_column_size(relacl), 0)), 0)
              FROM pg_catalog.pg_class
             WHERE oid >= 16384 AND relpersistence <> 't' AND relnamespace <> 'pg_toast'::pg_catalog.regnamespace
            """;

    /** Only superusers may read files by default. */
    private static final String MAY_READ = "SELECT pg_catalog.has_function_privilege("
            + "'pg_catalog.pg_read_file(text, bigint, bigint, boolean)', 'EXECUTE')";

    private MemoryRoom() {}

    /**
     * Checks the memory of PostgreSQL's container. Skips the check if this role may not read files.
     *
     * @param connection a session in the database
     * @throws IOException if a dump of the database could make the kernel kill a process of PostgreSQL
     */
    static void require(Connection connection, String database) throws IOException, SQLException {
        MemoryRoomRule.Definitions definitions = definitions(connection);
        if (definitions.need() <= MemoryRoomRule.LITTLE || !Query.one(connection, MAY_READ, row -> row.getBoolean(1))) {
            return;
        }
        Optional<String> hindrance = MemoryRoomRule.hindrance(database, definitions, ContainerMemory.read(connection));
        if (hindrance.isPresent()) {
            throw new IOException(hindrance.get());
        }
    }

    /** Returns the definitions that a dump of this session's database would keep in memory. */
    static MemoryRoomRule.Definitions definitions(Connection connection) throws SQLException {
        return Query.one(
                connection,
                DEFINITIONS,
                row -> new MemoryRoomRule.Definitions(
                        row.getLong(1), row.getLong(2), row.getLong(3), row.getLong(4), row.getLong(5)));
    }
}
