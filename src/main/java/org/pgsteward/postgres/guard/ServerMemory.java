package org.pgsteward.postgres.guard;

import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.pgsteward.postgres.ContainerMemory;

/**
 * The memory of the server's container and the private memory of each session, read from the kernel's files. At the limit
 * the kernel kills a process of PostgreSQL, and PostgreSQL then ends all sessions.
 *
 * @param at when it was read, by the server's clock
 * @param startedAt when the server was started
 * @param recoveredAt when its processes were last started; later than {@code startedAt} after a crash
 * @param logPrefix its setting {@code log_line_prefix}
 * @param sessions of all roles; a dump is one of the administrator
 */
record ServerMemory(
        Instant at,
        Instant startedAt,
        Instant recoveredAt,
        String logPrefix,
        ContainerMemory container,
        List<Session> sessions) {
    /** Characters of a file; it has less than 4 kB. */
    static final int MOST_CHARACTERS = 16_000;

    private static final String CONTAINER = """
            SELECT {columns}, pg_catalog.clock_timestamp(), pg_catalog.pg_postmaster_start_time(),
                   (SELECT pg_catalog.min(backend_start) FROM pg_catalog.pg_stat_activity
                     WHERE backend_type = 'checkpointer'),
                   pg_catalog.current_setting('log_line_prefix'),
            """.replace("{columns}", ContainerMemory.COLUMNS) + SharedSegments.TOTAL;

    /** The smallest session shows how much memory each session begins with. */
    private static final String SESSIONS = """
            SELECT a.pid, r.rolname, COALESCE(a.datname, ''), r.rolsuper,
                   pg_catalog.pg_read_file('/proc/' || a.pid || '/status', 0, %d, true)
              FROM pg_catalog.pg_stat_activity AS a
              JOIN pg_catalog.pg_roles AS r ON r.oid = a.usesysid
             WHERE a.backend_type IN ('client backend', 'parallel worker')
             LIMIT 1000
            """.formatted(MOST_CHARACTERS);

    /** A process ended while its file was read, the system denies access, or the lock table is full. */
    static final Set<String> UNREADABLE = Set.of("58030", "58P01", "42501", "XX000", "53200");

    private static final Pattern PRIVATE = Pattern.compile("^RssAnon:\\s+(\\d{1,15}) kB$", Pattern.MULTILINE);

    /** Share of the limit above which the kernel may kill a process at any moment. */
    private static final double NEARLY_FULL = 0.9;

    /** Share of the limit above which growth may have caused a crash. Shared memory above it is read, too. */
    static final double NOTABLE = 0.1;

    /** A crash within this time after a reading belongs to it. Crash recovery is included. */
    private static final Duration RECOVERY = Duration.ofSeconds(10);

    ServerMemory {
        sessions = List.copyOf(sessions);
    }

    /** @param bytes of private memory, less the amount that each session begins with, and of the segments it shares */
    record Session(int pid, String role, String database, long bytes, boolean superuser) {}

    /** Returns the limit of the container in bytes; at least 2^50 without a limit. */
    long limit() {
        return container.limit();
    }

    /** Returns empty if the files cannot be read. */
    static Optional<ServerMemory> of(Connection session) throws SQLException {
        return Sql.query(session, UNREADABLE, () -> {
            try (Statement statement = session.createStatement()) {
                return read(statement);
            }
        });
    }

    private static ServerMemory read(Statement statement) throws SQLException {
        ContainerMemory container;
        String logPrefix;
        long shared;
        Instant[] times = new Instant[3];
        Sql.clearStatistics(statement.getConnection());
        try (ResultSet row = statement.executeQuery(CONTAINER)) {
            row.next();
            container = ContainerMemory.of(row.getString(1), row.getString(2));
            for (int n = 0; n < times.length; n++) {
                OffsetDateTime time = row.getObject(3 + n, OffsetDateTime.class);
                // The checkpointer starts a moment after the server.
                times[n] = time == null ? Instant.EPOCH : time.toInstant();
            }
            logPrefix = row.getString(6);
            shared = row.getLong(7);
        }
        List<Session> sessions = sessions(statement);
        if (shared > container.limit() * NOTABLE) {
            Optional<Map<Integer, Long>> segments =
                    Sql.query(statement.getConnection(), UNREADABLE, () -> SharedSegments.bytesByPid(statement));
            sessions = with(segments.orElse(Map.of()), sessions);
        }
        return new ServerMemory(times[0], times[1], times[2], logPrefix, container, sessions);
    }

    private static List<Session> sessions(Statement statement) throws SQLException {
        List<Session> all = new ArrayList<>();
        long least = Long.MAX_VALUE;
        try (ResultSet rows = statement.executeQuery(SESSIONS)) {
            while (rows.next()) {
                long bytes = privateBytes(rows.getString(5));
                least = bytes == 0 ? least : Math.min(least, bytes);
                all.add(new Session(rows.getInt(1), rows.getString(2), rows.getString(3), bytes, rows.getBoolean(4)));
            }
        }
        long each = least;
        return all.stream()
                .map(one -> new Session(
                        one.pid(), one.role(), one.database(), Math.max(0, one.bytes() - each), one.superuser()))
                .toList();
    }

    private static List<Session> with(Map<Integer, Long> shared, List<Session> sessions) {
        return sessions.stream()
                .map(one -> new Session(
                        one.pid(),
                        one.role(),
                        one.database(),
                        one.bytes() + shared.getOrDefault(one.pid(), 0L),
                        one.superuser()))
                .toList();
    }

    /** Returns the private memory of a process in bytes, from its file {@code status}. */
    static long privateBytes(@Nullable String status) {
        Matcher number = PRIVATE.matcher(status == null ? "" : status);
        return number.find() ? Long.parseLong(number.group(1)) * 1024 : 0;
    }

    /** Returns whether the kernel may kill a process at any moment. */
    boolean isNearlyFull() {
        return container.taken() > limit() * NEARLY_FULL;
    }

    /** Returns whether PostgreSQL ended all sessions shortly after the previous reading. */
    boolean isAfterCrash(ServerMemory previous) {
        return startedAt.equals(previous.startedAt)
                && recoveredAt.isAfter(previous.at)
                && recoveredAt.isBefore(previous.at.plus(RECOVERY));
    }

    /** Returns the private memory of each role in bytes. */
    Map<String, Long> bytesByRole() {
        return sessions.stream().collect(Collectors.groupingBy(Session::role, Collectors.summingLong(Session::bytes)));
    }
}
