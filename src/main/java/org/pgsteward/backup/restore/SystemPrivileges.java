package org.pgsteward.backup.restore;

/** Privileges on the objects that PostgreSQL itself or an extension creates: functions, views and languages. */
final class SystemPrivileges {
    /**
     * The query for objects with privileges that differ from those that {@code initdb} or the extension gave. An OID
     * below 16384 belongs to initdb. The owner of a database cannot change these privileges, and a restore cannot
     * either. For the information schema, initdb records no privileges, although PUBLIC may read it. Privileges on
     * pg_settings are excluded, because pgsteward itself changes them in its own database.
     */
    static final String CHANGED = """
            WITH object (classid, objid, objsubid, acl, usual) AS (
                SELECT 'pg_catalog.pg_proc'::pg_catalog.regclass, oid, 0, proacl,
                       pg_catalog.acldefault('f', proowner)
                  FROM pg_catalog.pg_proc
                UNION ALL
                SELECT 'pg_catalog.pg_class'::pg_catalog.regclass, oid, 0, relacl,
                       pg_catalog.acldefault(CASE WHEN relkind = 'S' THEN 's' ELSE 'r' END::"char", relowner)
                       || CASE WHEN relacl IS NOT NULL
                                AND relnamespace = 'information_schema'::pg_catalog.regnamespace
                               THEN ARRAY[pg_catalog.makeaclitem(0, relowner, 'SELECT', false)]
                               ELSE '{}' END
                  FROM pg_catalog.pg_class
                UNION ALL
                SELECT 'pg_catalog.pg_class'::pg_catalog.regclass, attrelid, attnum, attacl, '{}'
                  FROM pg_catalog.pg_attribute
                UNION ALL
                SELECT 'pg_catalog.pg_language'::pg_catalog.regclass, oid, 0, lanacl,
                       pg_catalog.acldefault('l', lanowner)
                  FROM pg_catalog.pg_language
                UNION ALL
                SELECT 'pg_catalog.pg_type'::pg_catalog.regclass, oid, 0, typacl,
                       pg_catalog.acldefault('T', typowner)
                  FROM pg_catalog.pg_type
                UNION ALL
                SELECT 'pg_catalog.pg_namespace'::pg_catalog.regclass, oid, 0, nspacl,
                       pg_catalog.acldefault('n', nspowner)
                       || CASE WHEN nspname = 'information_schema'
                               THEN ARRAY[pg_catalog.makeaclitem(0, nspowner, 'USAGE', false)]
                               ELSE '{}' END
                  FROM pg_catalog.pg_namespace
                 WHERE nspname IN ('pg_catalog', 'information_schema')),
            member (classid, objid) AS (
                SELECT classid, objid
                  FROM pg_catalog.pg_depend
                 WHERE deptype = 'e' AND refclassid = 'pg_catalog.pg_extension'::pg_catalog.regclass),
            compared AS (
                SELECT o.classid, o.objid, o.objsubid, COALESCE(o.acl, o.usual) AS current,
                       COALESCE(i.initprivs, o.usual) AS initial
                  FROM object AS o
                  LEFT JOIN pg_catalog.pg_init_privs AS i
                       ON i.classoid = o.classid AND i.objoid = o.objid AND i.objsubid = o.objsubid
                 WHERE (o.objid < 16384
                        OR (o.classid, o.objid) IN (SELECT classid, objid FROM member))
                   AND NOT (o.classid = 'pg_catalog.pg_class'::pg_catalog.regclass
                            AND o.objid = 'pg_catalog.pg_settings'::pg_catalog.regclass))
            SELECT pg_catalog.pg_describe_object(classid, objid, objsubid), NULL
              FROM compared
             WHERE NOT (current OPERATOR(pg_catalog.@>) initial AND initial OPERATOR(pg_catalog.@>) current)
             ORDER BY 1
             LIMIT 20
            """;

    private SystemPrivileges() {}
}
