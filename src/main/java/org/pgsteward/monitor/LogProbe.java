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
 * Reads on in the log of PostgreSQL's container, from the last line that was read, and remembers an hour of what it says. The
 * first look goes an hour back, so that a restart of ours hides nothing. Safe for many threads.
 */
public final class LogProbe {
    /** So many refusals and so many slow statements are remembered; a flood pushes out the oldest. */
    private static final int MOST = 1000;

    /** A session's second line comes with the first, and its number may come again later. */
    private static final Duration TOGETHER = Duration.ofSeconds(10);

    /** After a restart, the engine gives an address to another container. An older refusal may be of the one before. */
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
        this.next = clock.instant().minus(LogLook.STATEMENTS);
    }

    /**
     * What came of it.
     *
     * @param look empty where nothing could be read
     * @param why nothing could be read, or only a part; empty for neither
     */
    public record Result(Optional<LogLook> look, String why) {
        private static Result unread(String why) {
            return new Result(Optional.empty(), why);
        }
    }

    /** As {@link #read(String, DatabaseLook, Supplier)}, where the services of containers are unknown. */
    synchronized Result read(String container, DatabaseLook server) {
        return read(container, server, Optional::empty);
    }

    /**
     * @param container PostgreSQL's, by name
     * @param server as it was seen just now
     * @param owners as {@link LogTally} takes them; asked only when a container's login was refused
     */
    public synchronized Result read(
            String container, DatabaseLook server, Supplier<Optional<Map<String, String>>> owners) {
        if (!server.server().log().toContainer()) {
            return Result.unread(
                    "PostgreSQL writes its log into files of its own (logging_collector or log_destination),"
                            + " where Docker does not see it");
        }
        Optional<LogLines> lines = LogLines.of(server.server().log().prefix());
        if (lines.isEmpty()) {
            return Result.unread("its lines begin with log_line_prefix '"
                    + server.server().log().prefix() + "', which is not known here");
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
            // That it is gone is said once, by the event feed.
            return Result.unread(e.hasAnswered() ? String.valueOf(e.getMessage()) : "");
        }
        LogTally tally = new LogTally(server, clock.instant(), names.isEmpty() ? Optional.empty() : owners.get());
        return new Result(
                Optional.of(new LogLook(
                        clock.instant(), server.console(), tally.refusals(refused, names), tally.slow(slow))),
                piece.get().cut() ? "it has grown by more than is read at a time: a part of it was left out" : "");
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
            // Who looks whether a service's password is right comes as that service. From a container's address it is
            // known; on an address that all programs of a host share it is not.
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

    /** Whether the session's refusal was known; it is then known better, where the new line says more. */
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
        refused.removeIf(one -> !one.at().plus(LogLook.REFUSALS).isAfter(now));
        if (!names.isEmpty()) {
            // A container that was removed tries no more.
            Set<String> there = engine.names();
            refused.removeIf(one -> {
                String name = names.get(one.client());
                return name != null && !there.contains(name);
            });
        }
        slow.removeIf(one -> !one.at().plus(LogLook.STATEMENTS).isAfter(now));
        names.keySet().retainAll(refused.stream().map(LogEvent.Refused::client).collect(Collectors.toSet()));
    }
}
