package org.pgsteward.backup.restore;

import java.io.IOException;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import org.pgsteward.backup.store.Losses;
import org.pgsteward.postgres.Query;
import org.pgsteward.postgres.Quote;

/**
 * The objects that {@code ALTER EXTENSION ... ADD} made parts of an extension. {@code pg_dump} leaves them out, and the
 * script of the extension does not create them. {@link ExtensionTables} are separate, since their rows can be counted.
 */
final class ExtensionObjects {
    /** The limit of objects of a database that are searched for after a restore. */
    private static final int MOST = 200;

    /**
     * The query for objects and their extensions, by PostgreSQL's own description. Since 17, an extension also has the types
     * that come with an object: of rows, arrays and multiranges.
     */
    private static final String MEMBERS = """
            SELECT DISTINCT pg_catalog.left(o.type || ' ' || o.identity, 300) AS name, e.extname AS extension
              FROM pg_catalog.pg_extension AS e
              JOIN pg_catalog.pg_depend AS d ON d.refobjid = e.oid AND d.deptype = 'e'
                   AND d.refclassid = 'pg_catalog.pg_extension'::pg_catalog.regclass
             CROSS JOIN LATERAL pg_catalog.pg_identify_object(d.classid, d.objid, d.objsubid) AS o
             WHERE o.identity IS NOT NULL AND o.type NOT IN ('table', 'schema')
               AND NOT EXISTS (SELECT FROM pg_catalog.pg_type AS t
                                 LEFT JOIN pg_catalog.pg_class AS c ON c.oid = t.typrelid
                                WHERE t.oid = d.objid AND d.classid = 'pg_catalog.pg_type'::pg_catalog.regclass
                                  AND (t.typtype = 'm' OR c.relkind <> 'c'
                                       OR EXISTS (SELECT FROM pg_catalog.pg_type AS a WHERE a.typarray = t.oid)))
            """;

    /**
     * The query for objects that may have been added: they were not created in the transaction that created or changed
     * the extension. After {@code pg_upgrade} and updates, objects of the script are among them, too.
     */
    private static final String ADDED = MEMBERS + " AND d.xmin <> e.xmin ORDER BY 1 LIMIT " + MOST;

    private ExtensionObjects() {}

    /** Returns the objects that may have been added, at most {@value #MOST}. */
    static List<Losses.ExtensionObject> added(Connection connection) throws SQLException {
        return List.copyOf(Query.map(
                        connection,
                        ADDED,
                        row -> row.getString(1),
                        row -> new Losses.ExtensionObject(row.getString(1), row.getString(2)))
                .values());
    }

    /**
     * Returns the objects that are missing after a restore, one line each.
     *
     * @param held the objects that may have been added
     */
    static List<String> lost(List<Losses.ExtensionObject> held, RestoreSite site, String database)
            throws IOException, InterruptedException {
        if (held.isEmpty()) {
            return List.of();
        }
        String names = held.stream()
                .limit(MOST)
                .map(object -> Quote.literal(object.name()))
                .collect(Collectors.joining(", "));
        String there = site.ask(
                database,
                "SELECT pg_catalog.string_agg(name, pg_catalog.chr(30)) FROM (" + MEMBERS
                        + ") AS members WHERE name IN (" + names + ")");
        Set<String> restored = Set.of(there.split("\u001e", -1));
        return held.stream()
                .limit(MOST)
                .filter(object -> !restored.contains(object.name()))
                .map(object -> object.name() + " is missing: it belongs to extension " + object.extension()
                        + ", and pg_dump leaves out objects of extensions")
                .toList();
    }
}
