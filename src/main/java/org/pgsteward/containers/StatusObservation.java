package org.pgsteward.containers;

import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import org.pgsteward.model.Condition;
import org.pgsteward.model.Container;
import org.pgsteward.model.Elapsed;
import org.pgsteward.model.PostgresServer;
import org.pgsteward.model.Severity;
import org.pgsteward.model.Size;

/**
 * One observation of a container.
 *
 * @param service the container's service
 * @param postgres whether it is the shared PostgreSQL, on which all services depend
 * @param asked the time of the order to end it, since its last start
 * @param killed whether every such order was {@code docker kill}, which leaves the program no time to end by itself
 * @param databaseMade the time at which the service's database was made, if that was since pgsteward's start
 * @param crashes the ends without an order within the last {@link StatusWatch#LOOP}, oldest first
 */
record StatusObservation(
        String service,
        boolean postgres,
        Container container,
        Optional<Instant> asked,
        boolean killed,
        List<Crash> crashes,
        Optional<Instant> databaseMade,
        Instant at) {
    /** Creates the observation of a container without crashes and without a {@code docker kill}. */
    StatusObservation(String service, boolean postgres, Container container, Optional<Instant> asked, Instant at) {
        this(service, postgres, container, asked, false, List.of(), Optional.empty(), at);
    }

    /**
     * Returns whether the kernel ended the container for lack of memory. On a busy host the engine sometimes sets no
     * flag and sends only the event. The engine also sets the flag where the kernel killed only a child process and the
     * container ended without an error later.
     */
    boolean endedForMemory() {
        return (container.oomKilled() && !ExitCode.isPeaceful(container.exitCode()))
                || end().filter(Crash::memory).isPresent();
    }

    /**
     * Returns whether SIGKILL ended the container although nobody ordered it. On a busy host the engine sometimes reports
     * neither a flag nor an event of the kernel's kill.
     */
    boolean endedBySigkill() {
        return end().filter(Crash::isSigkill).isPresent();
    }

    /** Returns the crash that ended the last run of a container that does not run. */
    private Optional<Crash> end() {
        return lastCrash()
                .filter(crash ->
                        container.startedAt().filter(crash.at()::isBefore).isEmpty());
    }

    /** Returns the newest crash, also if the container runs again. */
    Optional<Crash> lastCrash() {
        return crashes.isEmpty() ? Optional.empty() : Optional.of(crashes.get(crashes.size() - 1));
    }

    /** Returns the severity: critical for PostgreSQL, and the given one for a service. */
    Severity worst(Severity service) {
        return postgres ? Severity.CRITICAL : service;
    }

    /** Returns the number of crashes as the end of a sentence; empty for fewer than two. */
    String times() {
        int count = crashes.size();
        return count < 2 ? "" : ", " + count + " times within " + Elapsed.words(StatusWatch.LOOP);
    }

    /** Returns the number of recent crashes that were the kernel's kills for lack of memory. */
    long memoryKills() {
        return crashes.stream().filter(Crash::memory).count();
    }

    Condition outOfMemory(String now) {
        long kills = memoryKills();
        return bad(
                Severity.CRITICAL,
                "was killed by the kernel for lack of memory " + (kills == 1 ? "once" : kills + " times") + " within "
                        + Elapsed.words(StatusWatch.LOOP) + ", with " + limit() + ", " + now,
                MemoryKillRule.moreMemory(container) + "\ndocker logs --tail 200 " + CommandTarget.of(container));
    }

    /** Returns the container's memory limit in words. */
    String limit() {
        return container.memoryLimitBytes() == 0
                ? "no limit of its own"
                : "a limit of " + Size.words(container.memoryLimitBytes());
    }

    Condition well(String state) {
        return Condition.well(kind(), serviceName(), "container " + container.lastingName() + " " + state, at)
                .with(figures());
    }

    Condition bad(Severity severity, String state, String remedy) {
        return Condition.bad(
                        severity,
                        kind(),
                        serviceName(),
                        "container " + container.lastingName() + " " + state,
                        remedy,
                        at)
                .with(figures());
    }

    private Map<String, Object> figures() {
        Map<String, Object> figures = new LinkedHashMap<>();
        figures.put("container", container.lastingName());
        figures.put("image", container.image());
        figures.put("state", container.state().name().toLowerCase(Locale.ROOT));
        figures.put("health", container.health().name().toLowerCase(Locale.ROOT));
        figures.put("exitCode", container.exitCode());
        figures.put("oomKilled", container.oomKilled());
        figures.put("crashes", crashes.size());
        figures.put("memoryLimitBytes", container.memoryLimitBytes());
        return figures;
    }

    private String kind() {
        return postgres ? PostgresServer.DOWN : StatusRule.KIND;
    }

    /** Returns the subject of the service's alerts. */
    String serviceName() {
        return postgres ? PostgresServer.SERVICE : service;
    }

    /**
     * An end without an order. A container that runs again has no exit code any more, so the code is kept here.
     *
     * @param code empty where the engine reported none
     * @param memory whether the kernel killed the container for lack of memory
     */
    record Crash(Instant at, OptionalInt code, boolean memory) {
        boolean isSigkill() {
            return code.equals(OptionalInt.of(ExitCode.KILLED));
        }
    }
}
