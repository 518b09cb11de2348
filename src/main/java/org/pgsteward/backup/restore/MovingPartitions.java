package org.pgsteward.backup.restore;

import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.pgsteward.postgres.Quote;

/**
 * Partitions whose rows PostgreSQL may place differently in a restored database. The hash of an enum depends on its
 * OID, and so does that of an array, a row or a range of enums. A hash function of the operator's own may use any
 * value. Such rows are dumped with {@code --load-via-partition-root}, so PostgreSQL places them anew. Afterwards each
 * partition may hold another number of them, but their sum is the same.
 */
public final class MovingPartitions {
    /** The condition on a partitioned table, {@code p}. */
    private static final String MOVING = """
            p.partstrat = 'h'
            AND (EXISTS (SELECT FROM pg_catalog.pg_opclass AS o
                           JOIN pg_catalog.pg_type AS t ON t.oid = o.opcintype
                          WHERE o.oid = ANY (p.partclass) AND (o.oid >= 16384 OR t.typtype = 'p'))
                 OR EXISTS (SELECT FROM pg_catalog.pg_collation AS c
                             WHERE c.oid = ANY (p.partcollation) AND NOT c.collisdeterministic))
            """;

    /** The query that returns whether a database has such partitions. */
    public static final String EXIST =
            "SELECT EXISTS (SELECT FROM pg_catalog.pg_partitioned_table AS p WHERE " + MOVING + ")";

    private MovingPartitions() {}

    /**
     * Returns the query for the root of each table's tree. It returns one row {@code index|oid} for each table that is
     * such a partition.
     *
     * @param tables names as {@code format('%I.%I')} writes them
     */
    static String roots(List<String> tables) {
        String values = IntStream.range(0, tables.size())
                .mapToObj(i -> "(" + i + ", " + Quote.literal(tables.get(i)) + "::pg_catalog.regclass)")
                .collect(Collectors.joining(", "));
        return "SELECT pg_catalog.concat(asked.i, '|', pg_catalog.pg_partition_root(asked.t)::pg_catalog.oid)"
                + " FROM (VALUES " + values + ") AS asked (i, t)"
                + " WHERE EXISTS (SELECT FROM pg_catalog.pg_partition_ancestors(asked.t) AS a"
                + " JOIN pg_catalog.pg_partitioned_table AS p ON p.partrelid = a.relid WHERE " + MOVING + ")";
    }
}
