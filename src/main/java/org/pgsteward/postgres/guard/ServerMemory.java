package org.pgsteward.postgres.guard;

import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * The memory of the server's container, and how much of it each session has for itself, as the kernel says it. When the
 * limit is reached, the kernel ends a process of PostgreSQL, and PostgreSQL then ends all sessions.
 *
 * @param at when it was read, by the server's clock
 * @param startedAt when the server was started
 * @param recoveredAt when its processes were last started together; later than {@code startedAt} after a crash
 * @param logPrefix its setting {@code log_line_prefix}
 * @param limit bytes that the container may have; more than any machine has for no limit
 * @param taken bytes that cannot be given back: of all processes, and what they share
 * @param sessions but for those of superusers
 */
record ServerMemory(
        Instant at,
        Instant startedAt,
        Instant recoveredAt,
        String logPrefix,
        long limit,
        long taken,
        List<Session> sessions) {
    /** Characters of a file; each has less than 4 kB. */
    private static final int MOST_CHARACTERS = 16_000;

    /** Version 2 of control groups, and version 1. NULL where the system has no such file. */
    private static final String CONTAINER = """
            SELECT COALESCE(pg_catalog.pg_read_file('/sys/fs/cgroup/memory.max', 0, %1$d, true),
                            pg_catalog.pg_read_file('/sys/fs/cgroup/memory/memory.limit_in_bytes', 0, %1$d, true)),
                   COALESCE(pg_catalog.pg_read_file('/sys/fs/cgroup/memory.stat', 0, %1$d, true),
                            pg_catalog.pg_read_file('/sys/fs/cgroup/memory/memory.stat', 0, %1$d, true)),
                   pg_catalog.clock_timestamp(), pg_catalog.pg_postmaster_start_time(),
                   (SELECT pg_catalog.min(backend_start) FROM pg_catalog.pg_stat_activity
                     WHERE backend_type = 'checkpointer'),
                   pg_catalog.current_setting('log_line_prefix')
            """.formatted(MOST_CHARACTERS);

    /** With superusers, whose sessions show how much each session has from the beginning. */
    private static final String SESSIONS = """
            SELECT a.pid, r.rolname, COALESCE(a.datname, ''), r.rolsuper,
                   pg_catalog.pg_read_file('/proc/' || a.pid || '/status', 0, %d, true)
              FROM pg_catalog.pg_stat_activity AS a
              JOIN pg_catalog.pg_roles AS r ON r.oid = a.usesysid
             WHERE a.backend_type IN ('client backend', 'parallel worker')
             LIMIT 1000
            """.formatted(MOST_CHARACTERS);

    /** A process may end while its file is read, and a system may keep such files from PostgreSQL. */
    private static final Set<String> UNREADABLE = Set.of("58030", "58P01", "42501", "XX000", "53200");

    private static final Pattern PRIVATE = Pattern.compile("^RssAnon:\\s+(\\d{1,15}) kB$", Pattern.MULTILINE);
    private static final Pattern PROCESSES = Pattern.compile("^(?:anon|total_rss) (\\d{1,18})$", Pattern.MULTILINE);
    private static final Pattern SHARED = Pattern.compile("^(?:total_)?shmem (\\d{1,18})$", Pattern.MULTILINE);
    private static final Pattern LIMIT = Pattern.compile("(\\d{1,18})\\s*");

    /** Version 1 writes a number near 2^63 for no limit. */
    private static final long NO_LIMIT = 1L << 50;

    /** Of the limit. Below it nothing is done. */
    private static final double TIGHT = 0.9;

    /** Of the limit. A role with less may be one of many. */
    private static final double MUCH = 0.4;

    /** Longer than PostgreSQL takes to start its processes anew, unless it has much to recover. */
    private static final Duration RECOVERY = Duration.ofSeconds(10);

    ServerMemory {
        sessions = List.copyOf(sessions);
    }

    /** @param bytes that no other process has, without what each session has from the beginning */
    record Session(int pid, String role, String database, long bytes) {}

    /**
     * The role with the most memory.
     *
     * @param sessions the largest first
     */
    record Taker(String role, long bytes, List<Session> sessions) {}

    /** Empty where the server's system does not say, or a session ended just then. */
    static Optional<ServerMemory> of(Connection session) throws SQLException {
        return Ask.glance(session, UNREADABLE, () -> {
            try (Statement statement = session.createStatement()) {
                return read(statement);
            }
        });
    }

    private static ServerMemory read(Statement statement) throws SQLException {
        long limit;
        long taken;
        String logPrefix;
        Instant[] times = new Instant[3];
        // Within a transaction it would be the sessions of the first look.
        statement.execute("SELECT pg_catalog.pg_stat_clear_snapshot()");
        try (ResultSet row = statement.executeQuery(CONTAINER)) {
            row.next();
            limit = limit(row.getString(1));
            taken = number(PROCESSES, row.getString(2)) + number(SHARED, row.getString(2));
            for (int n = 0; n < times.length; n++) {
                OffsetDateTime time = row.getObject(3 + n, OffsetDateTime.class);
                // There is no checkpointer for a moment of each start.
                times[n] = time == null ? Instant.EPOCH : time.toInstant();
            }
            logPrefix = row.getString(6);
        }
        return new ServerMemory(times[0], times[1], times[2], logPrefix, limit, taken, sessions(statement));
    }

    static long limit(@Nullable String text) {
        Matcher number = LIMIT.matcher(text == null ? "" : text);
        return number.matches() ? Long.parseLong(number.group(1)) : NO_LIMIT;
    }

    private static long number(Pattern line, @Nullable String text) {
        Matcher number = line.matcher(text == null ? "" : text);
        return number.find() ? Long.parseLong(number.group(1)) : 0;
    }

    private static List<Session> sessions(Statement statement) throws SQLException {
        List<Session> others = new ArrayList<>();
        long least = Long.MAX_VALUE;
        try (ResultSet rows = statement.executeQuery(SESSIONS)) {
            while (rows.next()) {
                long bytes = number(PRIVATE, rows.getString(5)) * 1024;
                least = bytes == 0 ? least : Math.min(least, bytes);
                if (!rows.getBoolean(4)) {
                    others.add(new Session(rows.getInt(1), rows.getString(2), rows.getString(3), bytes));
                }
            }
        }
        long each = least;
        return others.stream()
                .map(one -> new Session(one.pid(), one.role(), one.database(), Math.max(0, one.bytes() - each)))
                .toList();
    }

    /** Whether the kernel is about to end a process. */
    boolean isTight() {
        return taken > limit * TIGHT;
    }

    /** Whether all sessions ended between {@code before} and this one, shortly after {@code before}. */
    boolean isAfterCrash(ServerMemory before) {
        return startedAt.equals(before.startedAt)
                && recoveredAt.isAfter(before.at)
                && recoveredAt.isBefore(before.at.plus(RECOVERY));
    }

    /** The role with the most memory; empty where that is not much. */
    Optional<Taker> taker() {
        return takers().max(Comparator.comparingLong(Taker::bytes)).filter(taker -> taker.bytes() > limit * MUCH);
    }

    /** The role with the most memory, and the one with the most sessions. */
    Set<String> largest() {
        return Stream.of(
                        takers().max(Comparator.comparingLong(Taker::bytes)),
                        takers().max(Comparator.comparingInt(
                                taker -> taker.sessions().size())))
                .flatMap(Optional::stream)
                .map(Taker::role)
                .collect(Collectors.toSet());
    }

    private Stream<Taker> takers() {
        Map<String, List<Session>> byRole = sessions.stream().collect(Collectors.groupingBy(Session::role));
        return byRole.entrySet().stream()
                .map(entry -> new Taker(
                        entry.getKey(),
                        entry.getValue().stream().mapToLong(Session::bytes).sum(),
                        entry.getValue().stream()
                                .sorted(Comparator.comparingLong(Session::bytes).reversed())
                                .toList()));
    }
}
