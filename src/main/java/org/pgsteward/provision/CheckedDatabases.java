package org.pgsteward.provision;

import java.sql.Connection;
import java.sql.SQLException;
import java.util.Collection;
import java.util.List;
import java.util.Set;
import org.pgsteward.postgres.Query;

/**
 * Reads the states of databases, and records the databases whose contents were checked in each state. The number of
 * statements does not depend on the number of databases.
 *
 * <p>The contents of a database are in its own catalogs, and each look at them takes a connection. Two equal states mean that
 * the check would find the same again. A state is a hash of these values:
 *
 * <ul>
 *   <li>the queries of the check, so that an update of pgsteward checks everything;
 *   <li>the identifier of the cluster, and the ids of the database, its owner and the service's role: a restored or newly
 *       created object has another id;
 *   <li>the ids of all superusers, whose objects have a wrong owner, and the memberships of the service's role;
 *   <li>the number of rows ever written in the database. Each change of an owner, of a privilege and of an extension writes
 *       rows of the catalogs;
 *   <li>the times at which PostgreSQL last reset the counters of the database and of the cluster. A crash resets them too.
 * </ul>
 *
 * <p>A session's writes are counted when it ends or is idle, at most ten seconds after its commit. A check sees all
 * committed changes, also those that are not counted yet. Their count then changes the state, and leads to one more check.
 * So a state is read before its check, never after it.
 *
 * <p>With {@code track_counts} off, PostgreSQL does not count. The state is empty then, and equals no other.
 */
final class CheckedDatabases {
    private static final String STATES = """
            WITH server (state) AS (
                SELECT pg_catalog.format(
                           '%s %s %s', control.system_identifier,
                           extract(epoch FROM pg_catalog.pg_stat_get_bgwriter_stat_reset_time()),
                           (SELECT pg_catalog.string_agg(a.oid::text, ',' ORDER BY a.oid)
                              FROM pg_catalog.pg_authid AS a WHERE a.rolsuper))
                  FROM pg_catalog.pg_control_system() AS control),
            present (database, state) AS (
                SELECT d.datname,
                       CASE WHEN pg_catalog.current_setting('track_counts')::boolean
                            THEN pg_catalog.encode(pg_catalog.sha256(pg_catalog.convert_to(pg_catalog.format(
                                     '%s %s %s %s %s %s %s %s', ?::text, server.state, d.oid, d.datdba, r.oid,
                                     (SELECT pg_catalog.string_agg(m.roleid::text, ',' ORDER BY m.roleid)
                                        FROM pg_catalog.pg_auth_members AS m WHERE m.member = r.oid),
                                     extract(epoch FROM pg_catalog.pg_stat_get_db_stat_reset_time(d.oid)),
                                     pg_catalog.pg_stat_get_db_tuples_inserted(d.oid)
                                         + pg_catalog.pg_stat_get_db_tuples_updated(d.oid)
                                         + pg_catalog.pg_stat_get_db_tuples_deleted(d.oid)), 'UTF8')), 'hex')
                            ELSE '' END
                  FROM ROWS FROM (pg_catalog.unnest(?::text[]), pg_catalog.unnest(?::text[])) AS asked (database, role)
                  JOIN pg_catalog.pg_database AS d ON d.datname = asked.database AND d.datallowconn
                  JOIN pg_catalog.pg_authid AS r ON r.rolname = asked.role
                 CROSS JOIN server)
            """;

    private static final String UNRECORDED =
            STATES + "SELECT present.database, present.state, false, '{}'::text[] FROM present";

    private static final String RECORDED = STATES + """
            SELECT present.database, present.state, c.database_name IS NOT NULL, COALESCE(c.extensions, '{}')
              FROM present
              LEFT JOIN public.checked_databases AS c
                ON c.database_name = present.database AND c.state = present.state AND present.state <> ''
            """;

    /** An extension's name has no slash. */
    private static final String RECORD = """
            WITH gone AS (
                DELETE FROM public.checked_databases AS c
                 WHERE NOT EXISTS (SELECT FROM pg_catalog.pg_database AS d WHERE d.datname = c.database_name))
            INSERT INTO public.checked_databases (database_name, state, extensions, checked_at)
            SELECT checked.database, checked.state, pg_catalog.string_to_array(checked.extensions, '/'), pg_catalog.now()
              FROM ROWS FROM (pg_catalog.unnest(?::text[]), pg_catalog.unnest(?::text[]), pg_catalog.unnest(?::text[]))
                AS checked (database, state, extensions)
              JOIN pg_catalog.pg_database AS d ON d.datname = checked.database
                ON CONFLICT (database_name) DO UPDATE
               SET state = EXCLUDED.state, extensions = EXCLUDED.extensions, checked_at = EXCLUDED.checked_at
            """;

    private CheckedDatabases() {}

    /** The contents of a service's database, which is checked for its role. */
    record Contents(String service, String database, String role) {}

    /**
     * The state of a database.
     *
     * @param state empty if PostgreSQL does not count
     * @param checked whether the contents were checked in this state
     * @param extensions the installed extensions; empty unless checked
     */
    record State(String database, String state, boolean checked, Set<String> extensions) {
        State {
            extensions = Set.copyOf(extensions);
        }

        boolean isKnown() {
            return !state.isEmpty();
        }

        State checked(Set<String> installed) {
            return new State(database, state, true, installed);
        }
    }

    /**
     * Reads the states of the databases that exist and allow connections, and whose role exists.
     *
     * @param recorded whether to read the records too; without them, no database counts as checked
     */
    static List<State> read(Connection management, Collection<Contents> all, boolean recorded) throws SQLException {
        if (all.isEmpty()) {
            return List.of();
        }
        return Query.list(
                management,
                recorded ? RECORDED : UNRECORDED,
                row -> new State(row.getString(1), row.getString(2), row.getBoolean(3), Set.of((String[])
                        row.getArray(4).getArray())),
                DatabaseContents.CHECKS,
                all.stream().map(Contents::database).toList(),
                all.stream().map(Contents::role).toList());
    }

    /** Records checked databases, and removes the records of databases that do not exist any more. */
    static void record(Connection management, Collection<State> checked) throws SQLException {
        List<State> known = checked.stream().filter(State::isKnown).toList();
        if (!known.isEmpty()) {
            Query.run(
                    management,
                    RECORD,
                    known.stream().map(State::database).toList(),
                    known.stream().map(State::state).toList(),
                    known.stream()
                            .map(state -> String.join("/", state.extensions()))
                            .toList());
        }
    }
}
