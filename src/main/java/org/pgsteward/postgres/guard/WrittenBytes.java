package org.pgsteward.postgres.guard;

import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.locks.LockSupport;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.pgsteward.postgres.Query;
import org.pgsteward.postgres.UnfinishedRestore;

/**
 * Bytes that the processes of ordinary roles write into files, except those of restores. The source is the kernel's
 * count for each process. Not thread-safe.
 */
final class WrittenBytes {
    private static final String SESSIONS = """
            SELECT a.pid || ' ' || a.backend_start, r.rolname,
                   pg_catalog.pg_read_file('/proc/' || a.pid || '/io', 0, 4000, true)
              FROM pg_catalog.pg_stat_activity AS a JOIN pg_catalog.pg_roles AS r ON r.oid = a.usesysid
             WHERE NOT r.rolsuper AND r.rolname !~ '{unfinished}' {condition}
             LIMIT 1000
            """.replace("{unfinished}", UnfinishedRestore.NAMES);

    private static final Pattern COUNT = Pattern.compile("^wchar: (\\d{1,18})$", Pattern.MULTILINE);

    /** A process ended while its file was read, the system denies access, or the disk or the lock table is full. */
    private static final Set<String> UNREADABLE = Set.of("58030", "58P01", "42501", "XX000", "53100", "53200");

    private static final long OBSERVED_NANOSECONDS = 300_000_000;

    private static final long PAUSE_NANOSECONDS = 5_000_000;

    /** Smaller growth is ignored. */
    private static final long MUCH = 1 << 20;

    /** The share of the growth that the readings must have counted. */
    private static final double SEEN = 0.5;

    private final String sessions;
    private final Map<String, Long> byRole = new HashMap<>();

    /** The sum at the previous call of {@link #explain}. */
    private long explained;

    /** The bytes at the previous reading, by process ID and start of the session. */
    private Map<String, Long> bySession = Map.of();

    /** Counts the sessions in all databases. */
    WrittenBytes() {
        sessions = SESSIONS.replace("{condition}", "");
    }

    /**
     * Counts the sessions in one database.
     *
     * @param database the database's OID
     */
    WrittenBytes(long database) {
        sessions = SESSIONS.replace("{condition}", "AND a.datid = " + database);
    }

    /** Adds the bytes since the previous reading. New sessions count with all their bytes. */
    void read(Connection session) throws SQLException {
        Sql.query(session, UNREADABLE, () -> Query.read(session, sessions, this::add));
    }

    /**
     * Attributes the growth of common files to the roles that write now, in proportion, if the readings counted too
     * little of it. Sessions may begin and end between two readings. The observation takes 0.3 s.
     *
     * @param growth in bytes, since the previous call
     */
    void explain(Connection session, long growth) throws SQLException {
        if (growth >= MUCH && sum(byRole) - explained < growth * SEEN) {
            Map<String, Long> observed = observe(session);
            long all = sum(observed);
            if (all > 0) {
                observed.forEach(
                        (role, bytes) -> byRole.merge(role, (long) ((double) growth * bytes / all), Long::sum));
            }
        }
        explained = sum(byRole);
    }

    /** Returns the bytes that each role writes within 0.3 s. */
    Map<String, Long> observe(Connection session) throws SQLException {
        Map<String, Long> before = byRole();
        long begun = System.nanoTime();
        while (System.nanoTime() - begun < OBSERVED_NANOSECONDS) {
            LockSupport.parkNanos(PAUSE_NANOSECONDS);
            Sql.clearStatistics(session);
            read(session);
        }
        Map<String, Long> observed = new HashMap<>(byRole);
        observed.replaceAll((role, bytes) -> bytes - before.getOrDefault(role, 0L));
        return observed;
    }

    private static long sum(Map<String, Long> byRole) {
        return byRole.values().stream().mapToLong(Long::longValue).sum();
    }

    private boolean add(ResultSet rows) throws SQLException {
        Map<String, Long> now = new HashMap<>();
        while (rows.next()) {
            Matcher count = COUNT.matcher(String.valueOf(rows.getString(3)));
            if (count.find()) {
                String id = rows.getString(1);
                long written = Long.parseLong(count.group(1));
                now.put(id, written);
                byRole.merge(rows.getString(2), written - bySession.getOrDefault(id, 0L), Long::sum);
            }
        }
        bySession = now;
        return true;
    }

    /** Returns the sums of all readings by role. */
    Map<String, Long> byRole() {
        return Map.copyOf(byRole);
    }
}
