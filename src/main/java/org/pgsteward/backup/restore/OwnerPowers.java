package org.pgsteward.backup.restore;

import java.io.IOException;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.pgsteward.model.Refusal;
import org.pgsteward.postgres.Quote;
import org.pgsteward.postgres.Server;

/**
 * The powers over the cluster of the role that will own a restored database. If it has any, no code of the dump may run
 * as that role, now or later.
 */
final class OwnerPowers {
    /**
     * The query that returns whether a role has powers over the cluster. A session that acts as a role without powers
     * cannot gain any.
     */
    private static final String POWERS = """
            SELECT r.rolsuper OR r.rolcreaterole OR r.rolcreatedb OR r.rolreplication OR r.rolbypassrls
                   OR EXISTS (SELECT FROM pg_catalog.pg_roles AS o
                               WHERE (o.rolsuper OR o.rolcreaterole
                                      OR o.rolname IN ('pg_execute_server_program', 'pg_write_server_files',
                                                       'pg_read_server_files'))
                                 AND pg_catalog.pg_has_role(r.oid, o.oid, 'MEMBER'))
              FROM pg_catalog.pg_roles AS r
             WHERE r.rolname =
            """;

    /**
     * The query that names up to three objects whose code runs with the rights of their owner. Objects of extensions
     * are excluded.
     */
    private static final String CODE = """
            WITH code (classid, objid, what) AS (
                SELECT 'pg_catalog.pg_proc'::pg_catalog.regclass::oid, p.oid,
                       'routine ' || p.oid::pg_catalog.regprocedure::text
                  FROM pg_catalog.pg_proc AS p
                UNION ALL
                SELECT 'pg_catalog.pg_class'::pg_catalog.regclass, c.oid,
                       CASE c.relkind WHEN 'v' THEN 'view ' WHEN 'm' THEN 'materialized view ' ELSE 'rule on ' END
                           || c.oid::pg_catalog.regclass::text
                  FROM pg_catalog.pg_class AS c
                 WHERE EXISTS (SELECT FROM pg_catalog.pg_rewrite AS w WHERE w.ev_class = c.oid)
                UNION ALL
                SELECT 'pg_catalog.pg_statistic_ext'::pg_catalog.regclass, s.oid, 'statistics ' || s.stxname
                  FROM pg_catalog.pg_statistic_ext AS s
                 WHERE s.stxexprs IS NOT NULL)
            SELECT pg_catalog.string_agg(what, ', ')
              FROM (SELECT what FROM code
                     WHERE objid >= 16384
                       AND NOT EXISTS (SELECT FROM pg_catalog.pg_depend AS d
                                        WHERE d.classid = code.classid AND d.objid = code.objid AND d.deptype = 'e')
                     ORDER BY what LIMIT 3) AS first
            """;

    /** An entry of an archive for such code: kind, schema, name, owner. Spaces in a name are not escaped. */
    private static final Pattern ENTRY = Pattern.compile(
            "\\d+; [1-9]\\d* \\d+ (AGGREGATE|FUNCTION|MATERIALIZED VIEW|PROCEDURE|RULE|VIEW) (\\S+) (.*) \\S+",
            Pattern.DOTALL);

    private final Server server;

    OwnerPowers(Server server) {
        this.server = server;
    }

    boolean isPowerful(String role) throws SQLException {
        return RestoreRole.names(server, POWERS + Quote.literal(role)).contains("t");
    }

    /**
     * Returns the code in a database that would run with the powers of a role; empty if there is none, or if the role
     * has no powers.
     */
    static String code(Connection connection, String role) throws SQLException {
        boolean powerful =
                RestoreRole.names(connection, POWERS + Quote.literal(role)).contains("t");
        return powerful
                ? Objects.requireNonNullElse(RestoreRole.names(connection, CODE).get(0), "")
                : "";
    }

    /** @throws Refusal if the database contains code that would run with the powers of its future owner */
    void refuseCode(RestoreRole role, Restore.Order order, String database) throws IOException, Refusal {
        Optional<String> refusal =
                RestoreCaveats.powerful(order.database(), order.owner(), role.administer(database, CODE));
        if (refusal.isPresent()) {
            throw new Refusal(refusal.get());
        }
    }

    /**
     * Refuses a dump with such code before a row is loaded, as far as the entries show it. They do not show whether
     * statistics contain expressions.
     *
     * @param list the output of {@code pg_restore --list}
     */
    static void refuseCode(Restore.Order order, String list) throws Refusal {
        List<String> code = list.lines()
                .map(ENTRY::matcher)
                .filter(Matcher::matches)
                .map(entry -> entry.group(1).toLowerCase(Locale.ROOT) + " " + entry.group(2) + "." + entry.group(3))
                .limit(3)
                .toList();
        Optional<String> refusal = RestoreCaveats.powerful(order.database(), order.owner(), String.join(", ", code));
        if (refusal.isPresent()) {
            throw new Refusal(refusal.get());
        }
    }
}
