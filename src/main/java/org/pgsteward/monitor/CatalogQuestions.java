package org.pgsteward.monitor;

import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import org.pgsteward.postgres.Query;

/** The statements about the contents of one database, over one connection to it. */
final class CatalogQuestions {
    /** Sequences of one database that are read. Those with the smallest end come first. */
    private static final int MOST = 10_000;

    /**
     * Sequences of one statement. PostgreSQL keeps a lock on each until the statement ends, and its lock table has room
     * for some thousand.
     */
    private static final int BATCH = 500;

    /** Sequences that an observation keeps. */
    private static final int KEPT = 20;

    /** A session that alters a sequence holds its lock. The check skips the database instead of waiting for it. */
    private static final String LIMITS = "SET statement_timeout = '10s'; SET lock_timeout = '1s'";

    /**
     * All sequences with their ends, and the columns that take their values: by ownership ({@code serial}, identity), or
     * by a default. A sequence that cycles has no end, unless its column ends before.
     */
    private static final String SEQUENCES = """
            WITH taken AS (
              SELECT d.objid AS seq, d.refobjid AS rel, d.refobjsubid AS att
                FROM pg_depend AS d
               WHERE d.classid = 'pg_class'::regclass AND d.refclassid = 'pg_class'::regclass
                 AND d.refobjsubid > 0 AND d.deptype IN ('a', 'i')
              UNION
              SELECT d.refobjid, f.adrelid, f.adnum
                FROM pg_depend AS d JOIN pg_attrdef AS f ON f.oid = d.objid
               WHERE d.classid = 'pg_attrdef'::regclass AND d.refclassid = 'pg_class'::regclass
            ), ends AS (
              SELECT DISTINCT ON (s.seqrelid) s.*, n.nspname, c.relname, tn.nspname AS tschema, t.relname AS tname,
                     a.attname, format_type(y.base, NULL) AS type,
                     CASE y.base WHEN 21 THEN -32768 WHEN 23 THEN -2147483648 END AS lowest,
                     CASE y.base WHEN 21 THEN 32767 WHEN 23 THEN 2147483647 END AS highest
                FROM pg_sequence AS s
                JOIN pg_class AS c ON c.oid = s.seqrelid AND c.relpersistence <> 't'
                JOIN pg_namespace AS n ON n.oid = c.relnamespace
                LEFT JOIN taken ON taken.seq = s.seqrelid
                LEFT JOIN pg_attribute AS a ON a.attrelid = taken.rel AND a.attnum = taken.att
                LEFT JOIN pg_class AS t ON t.oid = a.attrelid
                LEFT JOIN pg_namespace AS tn ON tn.oid = t.relnamespace
                LEFT JOIN (SELECT oid, COALESCE(NULLIF(typbasetype, 0), oid) AS base FROM pg_type) AS y
                       ON y.oid = a.atttypid
               ORDER BY s.seqrelid, highest NULLS LAST, t.oid
            )
            SELECT e.seqrelid, e.nspname, e.relname, e.tschema, e.tname, e.attname, COALESCE(e.type, ''),
                   greatest(e.seqmin, e.lowest), least(e.seqmax, e.highest), e.seqincrement > 0,
                   CASE WHEN e.seqincrement > 0 THEN e.seqmax = 9223372036854775807
                        ELSE e.seqmin = -9223372036854775808 END
              FROM ends AS e
             WHERE NOT (e.seqcycle AND e.seqmin >= COALESCE(e.lowest, e.seqmin)
                                   AND e.seqmax <= COALESCE(e.highest, e.seqmax))
             ORDER BY CASE WHEN e.seqincrement > 0 THEN least(e.seqmax, e.highest)::numeric
                           ELSE -greatest(e.seqmin, e.lowest)::numeric END, 1
             LIMIT {most}
            """.replace("{most}", Integer.toString(MOST));

    private static final String VALUES = "SELECT s.seqrelid, pg_sequence_last_value(s.seqrelid) FROM pg_sequence AS s"
            + " WHERE s.seqrelid = ANY ('{oids}'::oid[])";

    /** Only collations that an object uses: an empty database has 800 of ICU, and each version takes ICU some time. */
    private static final String COLLATIONS = """
            WITH used AS MATERIALIZED (
              SELECT DISTINCT d.refobjid FROM pg_depend AS d WHERE d.refclassid = 'pg_collation'::regclass
            )
            SELECT count(*)
              FROM used JOIN pg_collation AS c ON c.oid = used.refobjid
             WHERE c.collversion IS NOT NULL
               AND c.collversion IS DISTINCT FROM pg_collation_actual_version(c.oid)
            """;

    private final Connection connection;

    CatalogQuestions(Connection connection) {
        this.connection = connection;
    }

    CatalogObservation.Contents contents() throws SQLException {
        Query.run(connection, LIMITS);
        List<Ending> all = Query.list(connection, SEQUENCES, CatalogQuestions::ending);
        Map<Long, Long> last = new HashMap<>();
        for (int from = 0; from < all.size(); from += BATCH) {
            String oids = all.subList(from, Math.min(all.size(), from + BATCH)).stream()
                    .map(ending -> Long.toString(ending.oid()))
                    .collect(Collectors.joining(",", "{", "}"));
            Query.read(connection, VALUES.replace("{oids}", oids), rows -> {
                while (rows.next()) {
                    long value = rows.getLong(2);
                    if (!rows.wasNull()) {
                        last.put(rows.getLong(1), value);
                    }
                }
                return last;
            });
        }
        List<CatalogObservation.Sequence> sequences = new ArrayList<>();
        for (Ending ending : all) {
            Optional.ofNullable(last.get(ending.oid())).map(ending::at).ifPresent(sequences::add);
        }
        sequences.sort(
                Comparator.comparingDouble(CatalogObservation.Sequence::percent).reversed());
        int collations = Query.one(connection, COLLATIONS, row -> row.getInt(1));
        return new CatalogObservation.Contents(sequences.subList(0, Math.min(KEPT, sequences.size())), collations);
    }

    /** A sequence before its last value is known. */
    private record Ending(
            long oid,
            String schema,
            String name,
            Optional<CatalogObservation.Column> column,
            long lowest,
            long highest,
            boolean isAscending,
            boolean isWide) {
        CatalogObservation.Sequence at(long last) {
            // As decimals, since the span of a bigint is larger than a long.
            double span = (double) highest - lowest;
            double used = isAscending ? (double) last - lowest : (double) highest - last;
            double percent = span <= 0 ? 100 : Math.max(0, Math.min(100, 100 * used / span));
            return new CatalogObservation.Sequence(
                    schema, name, column, percent, last, isAscending ? highest : lowest, isAscending, isWide);
        }
    }

    private static Ending ending(ResultSet row) throws SQLException {
        String column = row.getString(6);
        return new Ending(
                row.getLong(1),
                row.getString(2),
                row.getString(3),
                column == null
                        ? Optional.empty()
                        : Optional.of(new CatalogObservation.Column(
                                row.getString(4), row.getString(5), column, row.getString(7))),
                row.getLong(8),
                row.getLong(9),
                row.getBoolean(10),
                row.getBoolean(11));
    }
}
