package org.pgsteward.postgres.guard;

import java.sql.Connection;
import java.sql.SQLException;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.locks.LockSupport;
import org.pgsteward.postgres.Query;

/**
 * Bytes in {@code pg_multixact} by role. When several transactions lock one row, PostgreSQL stores the list of them
 * there, and the size belongs to no database. Growth is counted for the role with most of the transactions in the
 * newest lists, at the first reading at which those transactions are open. Not thread-safe.
 */
final class MultixactBytes {
    private static final String BYTES = """
            SELECT pg_catalog.count(*) * 32 * 8192
              FROM pg_catalog.unnest('{pg_multixact/members, pg_multixact/offsets}'::text[]) AS folder,
                   LATERAL pg_catalog.pg_ls_dir(folder, true, false)
            """;

    private static final String ROLE = "pgsteward.multixact_role";

    /**
     * A search for the newest list, starting at the last checkpoint's. Reading a list that does not exist raises an
     * internal error. Transactions that have ended hold no lock, so they are not counted.
     */
    private static final String FIND = """
            DO $$
            DECLARE
                low bigint;
                high bigint;
                step bigint := 1024;
            BEGIN
                SELECT next_multixact_id::text::bigint - 1 INTO low FROM pg_catalog.pg_control_checkpoint();
                high := low + step;
                WHILE high - low > 1 LOOP
                    DECLARE
                        tried bigint := CASE WHEN step > 0 THEN high ELSE (low + high) / 2 END;
                    BEGIN
                        PERFORM pg_catalog.pg_get_multixact_members(tried::text::xid);
                        low := tried;
                        step := step * 2;
                        high := CASE WHEN step > 0 THEN low + step ELSE high END;
                    EXCEPTION WHEN internal_error OR invalid_parameter_value THEN
                        high := tried;
                        step := 0;
                    END;
                END LOOP;
                PERFORM pg_catalog.set_config('{role}', COALESCE((
                    SELECT r.rolname
                      FROM pg_catalog.generate_series(GREATEST(1, low - 200), low) AS list,
                           LATERAL pg_catalog.pg_get_multixact_members(list::text::xid) AS member
                      JOIN pg_catalog.pg_locks AS l ON l.transactionid = member.xid AND l.mode = 'ExclusiveLock'
                      JOIN pg_catalog.pg_stat_activity AS a ON a.pid = l.pid
                      JOIN pg_catalog.pg_roles AS r ON r.oid = a.usesysid
                     WHERE NOT r.rolsuper
                     GROUP BY 1
                    HAVING pg_catalog.count(*) * 2 > (
                               SELECT pg_catalog.count(*)
                                 FROM pg_catalog.generate_series(GREATEST(1, low - 200), low) AS list,
                                      LATERAL pg_catalog.pg_get_multixact_members(list::text::xid))
                     ORDER BY pg_catalog.count(*) DESC LIMIT 1), ''), true);
            EXCEPTION WHEN OTHERS THEN
                PERFORM pg_catalog.set_config('{role}', '', true);
            END $$
            """.replace("{role}", ROLE);

    /** The disk or the lock table is full, or access to a folder is denied. */
    private static final Set<String> UNREADABLE = Set.of("53100", "53200", "58030", "42501");

    /** Smaller growth is ignored. */
    private static final long MUCH = 1 << 20;

    private static final long OBSERVED_NANOSECONDS = 1_000_000_000;

    private static final long PAUSE_NANOSECONDS = 20_000_000;

    private final Map<String, Long> byRole = new HashMap<>();

    /** The size up to which growth has been counted for a role. */
    private long before = -1;

    /** The size at the last search for a role. */
    private long lookedAt;

    /** Reads the growth since the previous reading. */
    void read(Connection session) throws SQLException {
        long bytes = Sql.query(session, UNREADABLE, () -> Long.parseLong(Sql.value(session, BYTES)))
                .orElse(before);
        if (before < 0 || bytes < before) {
            before = bytes;
        }
        lookedAt = Math.min(Math.max(lookedAt, before), bytes);
        if (bytes - lookedAt >= MUCH) {
            lookedAt = bytes;
            String role = observedRole(session);
            if (!role.isEmpty()) {
                byRole.merge(role, bytes - before, Long::sum);
                before = bytes;
            }
        }
    }

    /** Searches for up to a second, since the transactions may be open only for moments. */
    private static String observedRole(Connection session) throws SQLException {
        long begun = System.nanoTime();
        String role;
        do {
            role = Sql.query(session, UNREADABLE, () -> role(session)).orElse("");
            LockSupport.parkNanos(PAUSE_NANOSECONDS);
        } while (role.isEmpty() && System.nanoTime() - begun < OBSERVED_NANOSECONDS);
        return role;
    }

    /** Returns the role with most of the transactions in the newest lists; an empty text if there is none. */
    static String role(Connection session) throws SQLException {
        Sql.clearStatistics(session);
        Query.run(session, FIND);
        return Sql.value(session, "SELECT pg_catalog.current_setting('" + ROLE + "', true)");
    }

    /** Returns the sums of all readings. */
    Map<String, Long> byRole() {
        return Map.copyOf(byRole);
    }
}
