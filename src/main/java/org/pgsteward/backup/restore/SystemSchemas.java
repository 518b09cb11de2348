package org.pgsteward.backup.restore;

/** The objects that an operator or a service made in PostgreSQL's own schemas. */
final class SystemSchemas {
    /**
     * The query for objects that {@code pg_dump} takes for PostgreSQL's. An OID from 16384 on was not assigned by
     * initdb. Objects of an extension are excluded, because they are created with it. Parts of another object (row
     * types, sequences of a column) are excluded for the same reason. Collations are excluded, because {@code
     * pg_import_system_collations} creates them again.
     */
    static final String ADDED = """
            WITH object (classid, objid) AS (
                SELECT 'pg_catalog.pg_class'::pg_catalog.regclass, oid FROM pg_catalog.pg_class
                 WHERE relkind IN ('r', 'p', 'v', 'm', 'S', 'f')
                   AND relnamespace IN ('pg_catalog'::pg_catalog.regnamespace,
                                        'information_schema'::pg_catalog.regnamespace)
                UNION ALL
                SELECT 'pg_catalog.pg_proc'::pg_catalog.regclass, oid FROM pg_catalog.pg_proc
                 WHERE pronamespace IN ('pg_catalog'::pg_catalog.regnamespace,
                                        'information_schema'::pg_catalog.regnamespace)
                UNION ALL
                SELECT 'pg_catalog.pg_type'::pg_catalog.regclass, oid FROM pg_catalog.pg_type
                 WHERE typnamespace IN ('pg_catalog'::pg_catalog.regnamespace,
                                        'information_schema'::pg_catalog.regnamespace)
                UNION ALL
                SELECT 'pg_catalog.pg_operator'::pg_catalog.regclass, oid FROM pg_catalog.pg_operator
                 WHERE oprnamespace IN ('pg_catalog'::pg_catalog.regnamespace,
                                        'information_schema'::pg_catalog.regnamespace))
            SELECT pg_catalog.left(i.type || ' ' || i.identity, 300), NULL
              FROM object AS o
             CROSS JOIN LATERAL pg_catalog.pg_identify_object(o.classid, o.objid, 0) AS i
             WHERE o.objid >= 16384 AND i.identity IS NOT NULL
               AND NOT EXISTS (SELECT FROM pg_catalog.pg_depend AS d
                                WHERE d.classid = o.classid AND d.objid = o.objid AND d.deptype IN ('e', 'i', 'a'))
             ORDER BY 1
             LIMIT 20
            """;

    private SystemSchemas() {}
}
