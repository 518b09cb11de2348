package org.pgsteward.monitor;

import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.NavigableSet;
import java.util.Optional;
import java.util.Set;
import java.util.SortedSet;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.pgsteward.model.Console;
import org.pgsteward.model.PostgresServer;

/**
 * The number of times within the last hour that PostgreSQL ended all sessions without an order. The cause is a new
 * start, or the recovery after one of its processes was killed, which no container event reports.
 */
final class RestartRule extends MetricRule<DatabaseObservation> {
    private static final Duration SPAN = Duration.ofHours(1);

    /** The time within which the processes of one start are up. Only the server's log shows a crash within it. */
    private static final Duration START = Duration.ofSeconds(30);

    /** The time within which an order is carried out. */
    private static final Duration CARRIED_OUT = Duration.ofMinutes(10);

    /** The tolerance between the clocks of the engine and of PostgreSQL. */
    private static final Duration SKEW = Duration.ofSeconds(2);

    /** The {@code kind} of its alert. The alert's figures come back with each reading. */
    public static final String KIND = "postgres-restarted";

    RestartRule() {
        super(KIND, Unit.COUNT);
    }

    /** Returns whether there is a new start, which counts, or a new order, which explains a start. */
    @Override
    boolean isTurn(DatabaseObservation now, DatabaseObservation before) {
        DatabaseObservation.Server server = now.server();
        return !server.startedAt().equals(before.server().startedAt())
                || !server.recoveredAt().equals(before.server().recoveredAt())
                || !server.lastOrder().equals(before.server().lastOrder());
    }

    /**
     * Returns whether an alert may resolve. Events before the first reading are not known. So within an hour of it,
     * only PostgreSQL's own times show that there was no restart. Otherwise a start of pgsteward would resolve an alert
     * that it found.
     */
    @Override
    boolean mayResolve(DatabaseObservation now, List<DatabaseObservation> past) {
        Instant hourAgo = now.at().minus(SPAN);
        boolean watched = !past.isEmpty() && !past.get(0).at().isAfter(hourAgo);
        DatabaseObservation.Server server = now.server();
        return watched
                || (server.startedAt().isBefore(hourAgo) && server.recoveredAt().isBefore(hourAgo));
    }

    @Override
    List<Finding> look(DatabaseObservation now, List<DatabaseObservation> past) {
        TreeSet<Instant> starts = new TreeSet<>();
        TreeSet<Instant> recoveries = new TreeSet<>();
        List<DatabaseObservation> looks = new ArrayList<>(past);
        looks.add(now);
        // A start before the first reading may have been ordered, or be the host's own. A recovery always counts.
        // PostgreSQL's own times are compared, since its clock may differ from pgsteward's.
        Instant first = looks.get(0).server().startedAt();
        Set<Instant> ordered = ordered(looks);
        for (DatabaseObservation look : looks) {
            DatabaseObservation.Server server = look.server();
            if (!ordered.contains(server.startedAt())
                    && server.startedAt().isAfter(first)
                    && isRecent(server.startedAt(), now)) {
                starts.add(server.startedAt());
            }
            if ((server.recoveredAt().isAfter(server.startedAt().plus(START))
                            || server.crash().isPresent())
                    && isRecent(server.recoveredAt(), now)) {
                recoveries.add(server.recoveredAt());
            }
        }
        return List.of(finding(
                now, new Restarts(starts, recoveries).and(now.server().reported(), at -> isRecent(at, now))));
    }

    /** Returns the ordered starts: for each order the first start after it, if that was soon. */
    private static Set<Instant> ordered(List<DatabaseObservation> looks) {
        NavigableSet<Instant> starts =
                looks.stream().map(look -> look.server().startedAt()).collect(Collectors.toCollection(TreeSet::new));
        return looks.stream()
                .flatMap(look -> look.server().lastOrder().stream())
                .flatMap(order -> Optional.ofNullable(starts.ceiling(order.minus(SKEW)))
                        .filter(start -> start.isBefore(order.plus(CARRIED_OUT)))
                        .stream())
                .collect(Collectors.toSet());
    }

    private static boolean isRecent(Instant at, DatabaseObservation now) {
        return at.plus(SPAN).isAfter(now.at());
    }

    private static Finding finding(DatabaseObservation now, Restarts restarts) {
        SortedSet<Instant> starts = restarts.starts();
        SortedSet<Instant> recoveries = restarts.recoveries();
        List<String> what = new ArrayList<>();
        if (!starts.isEmpty()) {
            what.add("PostgreSQL restarted unexpectedly at " + seconds(starts.last())
                    + (starts.size() > 1 ? ", " + starts.size() + " times within an hour" : "") + ", and runs again");
        }
        if (!recoveries.isEmpty()) {
            what.add(now.server()
                            .crash()
                            .map(ServerProcessCrash::words)
                            .orElse("a process of PostgreSQL was killed or crashed")
                    + ", and PostgreSQL ended all sessions at "
                    + seconds(recoveries.last())
                    + (recoveries.size() > 1 ? ", " + recoveries.size() + " times within an hour" : "")
                    + ", and answers again");
        }
        String container = Console.word(now.console().container());
        Map<String, Object> figures = new LinkedHashMap<>(restarts.figures());
        figures.put("startedAt", now.server().startedAt().toString());
        return new Finding(
                PostgresServer.SERVICE,
                restarts.count(),
                what.isEmpty()
                        ? "PostgreSQL has run since " + seconds(now.server().startedAt())
                        : String.join("; ", what),
                "docker logs --since 2h " + container
                        + " 2>&1 | grep -iE 'terminated|signal|exit code|shut|PANIC|FATAL' | tail -30"
                        + "\npgsteward doctor   # compares the memory settings with the limit\ndocker stats --no-stream "
                        + container
                        + "\ndocker inspect --format '{{json .State}}' " + container,
                figures);
    }

    private static String seconds(Instant at) {
        return at.truncatedTo(ChronoUnit.SECONDS).toString();
    }
}
