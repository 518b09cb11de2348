package org.pgsteward.monitor;

import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import org.pgsteward.engine.ContainerLog;
import org.pgsteward.engine.DockerEngine;
import org.pgsteward.engine.EngineAway;

/**
 * Reads the log of PostgreSQL's container from the last line that was read, and remembers an hour of its events. The
 * first reading goes an hour back, so that a restart of pgsteward hides no event. Safe for many threads.
 */
public final class LogProbe {
    /** The maximum number of remembered refusals, and of remembered slow statements. A flood pushes out the oldest. */
    private static final int MOST = 1000;

    /** The longest time between the two lines of a session. The session's number may come again later. */
    private static final Duration TOGETHER = Duration.ofSeconds(10);

    /**
     * After a restart, the engine may give an address to another container. An older refusal may belong to the previous
     * container.
     */
    private static final Duration SAME_ADDRESS = Duration.ofMinutes(5);

    private final DockerEngine engine;
    private final Clock clock;
    private Instant next;
    private final Deque<LogEvent.Refused> refused = new ArrayDeque<>();
    private final Deque<LogEvent.Slow> slow = new ArrayDeque<>();
    private final Map<String, String> names = new HashMap<>();

    public LogProbe(DockerEngine engine, Clock clock) {
        this.engine = engine;
        this.clock = clock;
        this.next = clock.instant().minus(LogObservation.STATEMENTS);
    }

    /**
     * The result of a reading.
     *
     * @param look empty where the log could not be read
     * @param why the reason why the log could not be read, or only in part; empty for neither
     */
    public record Result(Optional<LogObservation> look, String why) {
        private static Result unread(String why) {
            return new Result(Optional.empty(), why);
        }
    }

    /** Reads the log where the services of containers are unknown. */
    synchronized Result read(String container, DatabaseObservation server) {
        return read(container, server, Optional::empty);
    }

    /**
     * Reads the new lines of the log.
     *
     * @param container PostgreSQL's container, by name
     * @param server the server's readings of this round
     * @param owners as {@link LogTally} takes them; requested only when a container's login was refused
     */
    public synchronized Result read(
            String container, DatabaseObservation server, Supplier<Optional<Map<String, String>>> owners) {
        if (!server.server().log().toContainer()) {
            return Result.unread("PostgreSQL writes its log to files (logging_collector or log_destination),"
                    + " where Docker cannot read it");
        }
        Optional<LogLines> lines = LogLines.of(server.server().log().prefix());
        if (lines.isEmpty()) {
            return Result.unread("log_line_prefix is '" + server.server().log().prefix()
                    + "', and pgsteward cannot parse such lines");
        }
        Optional<ContainerLog> piece;
        try {
            piece = engine.log(container, next);
            if (piece.isEmpty()) {
                return Result.unread("there is no container " + container);
            }
            take(piece.get(), lines.get(), server.server().ourAddress());
            forget();
        } catch (EngineAway e) {
            // The event feed reports once that the engine is unavailable.
            return Result.unread(e.hasAnswered() ? String.valueOf(e.getMessage()) : "");
        }
        LogTally tally = new LogTally(server, clock.instant(), names.isEmpty() ? Optional.empty() : owners.get());
        return new Result(
                Optional.of(new LogObservation(
                        clock.instant(), server.console(), tally.refusals(refused, names), tally.slow(slow))),
                piece.get().cut() ? "it grew by more than pgsteward reads at a time, and a part was left out" : "");
    }

    private void take(ContainerLog piece, LogLines lines, String ourAddress) {
        Set<LogEvent.Refused> before = Set.copyOf(refused);
        for (ContainerLog.Line line : piece.lines()) {
            lines.read(line.at(), line.text()).ifPresent(this::take);
            next = line.at().isBefore(next) ? next : line.at().plusNanos(1);
        }
        if (refused.stream().anyMatch(one -> !one.client().isEmpty() && !before.contains(one))) {
            Map<String, String> addresses = engine.addresses();
            Instant recent = clock.instant().minus(SAME_ADDRESS);
            refused.stream()
                    .filter(one -> one.at().isAfter(recent) && !names.containsKey(one.client()))
                    .map(LogEvent.Refused::client)
                    .filter(addresses::containsKey)
                    .forEach(address -> names.put(address, addresses.getOrDefault(address, address)));
            // pgsteward tests a service's password by a login as that service. Such a login is recognized by the
            // address of pgsteward's container, but not by an address that all programs of a host share.
            refused.removeIf(one -> one.client().equals(ourAddress) && addresses.containsKey(ourAddress));
        }
    }

    private void take(LogEvent event) {
        if (event instanceof LogEvent.Slow statement) {
            add(slow, statement);
        } else if (event instanceof LogEvent.Detail more) {
            isKnown(more.session(), more.at(), more.reason());
        } else if (event instanceof LogEvent.Refused one && !isKnown(one.session(), one.at(), one.reason())) {
            add(refused, one);
        }
    }

    /** Returns whether the session's refusal was known. Replaces its reason if the new line is more precise. */
    private boolean isKnown(String session, Instant at, LogEvent.Reason reason) {
        Optional<LogEvent.Refused> known = refused.stream()
                .filter(one -> one.session().equals(session))
                .filter(one -> one.at().plus(TOGETHER).isAfter(at))
                .findFirst();
        known.filter(one -> one.reason().isVague() && !reason.isVague()).ifPresent(one -> {
            refused.remove(one);
            refused.addLast(one.because(reason));
        });
        return known.isPresent();
    }

    private static <E> void add(Deque<E> events, E event) {
        events.addLast(event);
        if (events.size() > MOST) {
            events.removeFirst();
        }
    }

    private void forget() {
        Instant now = clock.instant();
        refused.removeIf(one -> !one.at().plus(LogObservation.REFUSALS).isAfter(now));
        if (!names.isEmpty()) {
            // A container that was removed does not try again.
            Set<String> there = engine.names();
            refused.removeIf(one -> {
                String name = names.get(one.client());
                return name != null && !there.contains(name);
            });
        }
        slow.removeIf(one -> !one.at().plus(LogObservation.STATEMENTS).isAfter(now));
        names.keySet().retainAll(refused.stream().map(LogEvent.Refused::client).collect(Collectors.toSet()));
    }
}
