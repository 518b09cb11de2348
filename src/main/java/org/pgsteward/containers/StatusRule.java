package org.pgsteward.containers;

import java.time.Duration;
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
 * Whether a container runs as it should.
 *
 * @param patience how long a start must hold before it counts: a crash loop starts a container again and again
 * @param grace how long a stop that somebody asked for may last, and a container be gone, before it is told: an update
 *     stops a container, removes it and makes a new one. Zero tells at once
 */
public record StatusRule(Duration patience, Duration grace) {
    /** The {@code kind} for a service's container; the PostgreSQL container's is {@link PostgresServer#DOWN}. */
    public static final String KIND = "service-down";

    /** An application that finds no database gives up within milliseconds, and pgsteward makes it within seconds. */
    private static final Duration JUST_AFTER = Duration.ofMinutes(1);

    /** So many crashes within {@link StatusWatch#LOOP} are one trouble, whatever happens in between. */
    private static final int MANY = 3;

    public StatusRule {
        if (patience.isNegative() || grace.isNegative()) {
            throw new IllegalArgumentException(
                    "patience is " + patience + " and grace is " + grace + ": they cannot be negative");
        }
    }

    /** With the same patience for both. */
    StatusRule(Duration patience) {
        this(patience, patience);
    }

    /**
     * One look at a container.
     *
     * @param service whose it is
     * @param postgres whether it is the shared PostgreSQL, on which all the others hang
     * @param asked when the engine was ordered to end it, since it was last started
     * @param killed whether every such order was {@code docker kill}: the program had no time to end by itself
     * @param databaseMade when its database was made, while that is news
     * @param crashes ends that nobody ordered, within the last {@link StatusWatch#LOOP}, the last one at the end
     */
    record Look(
            String service,
            boolean postgres,
            Container container,
            Optional<Instant> asked,
            boolean killed,
            List<Crash> crashes,
            Optional<Instant> databaseMade,
            Instant at) {
        /** Of one that has not crashed and was not killed. */
        Look(String service, boolean postgres, Container container, Optional<Instant> asked, Instant at) {
            this(service, postgres, container, asked, false, List.of(), Optional.empty(), at);
        }

        /**
         * Returns whether the kernel ended the container for want of memory. On a busy host the engine sometimes sets no
         * flag, and sends the event. It sets the flag, too, where the kernel killed only a child process and the container
         * ended well later.
         */
        boolean endedForMemory() {
            return (container.oomKilled() && !ExitCode.isPeaceful(container.exitCode()))
                    || (!crashes.isEmpty() && crashes.get(crashes.size() - 1).memory());
        }

        private Severity bad(Severity service) {
            return postgres ? Severity.CRITICAL : service;
        }
    }

    /**
     * An end that nobody ordered. A container that runs again has no exit code any more, so it is kept here.
     *
     * @param code empty where the engine did not say
     * @param memory whether the kernel killed it for want of memory
     */
    record Crash(Instant at, OptionalInt code, boolean memory) {}

    /** Empty while it is too early to say. */
    Optional<Condition> judge(Look look) {
        Container container = look.container();
        String target = CommandTarget.of(container);
        String logs = "docker logs --tail 50 " + target;
        String last = ExitCode.words(container.exitCode());
        return switch (container.state()) {
            case RUNNING -> running(look);
            case REMOVING -> Optional.empty();
            case EXITED, DEAD -> exited(look);
            case CREATED ->
                Optional.of(
                        container.exitCode() == 0
                                ? well(look, "is made and was never started")
                                : bad(
                                        look,
                                        look.bad(Severity.WARNING),
                                        "could not be started: " + last,
                                        logs + "\ndocker start " + target));
            case RESTARTING ->
                Optional.of(
                        killed(look) > 0
                                ? outOfMemory(look, "and is being restarted")
                                : bad(
                                        look,
                                        Severity.CRITICAL,
                                        (look.crashes().size() < 2
                                                        ? "ended and is being restarted"
                                                        : "is being restarted again and again" + times(look))
                                                + ", last with " + last,
                                        logs));
            case PAUSED ->
                Optional.of(bad(
                        look, look.bad(Severity.WARNING), "is paused: it answers nobody", "docker unpause " + target));
        };
    }

    /**
     * Of several containers of one service: the worst of what is trouble; else nothing, while it is too early to say of one
     * of them; else well, if one does the service's work.
     */
    static Optional<Condition> ofAll(List<Optional<Condition>> states) {
        List<Condition> known = states.stream().flatMap(Optional::stream).toList();
        Optional<Condition> worst = known.stream().max(Condition.BY_SEVERITY);
        if (worst.flatMap(Condition::severity)
                .filter(severity -> severity != Severity.INFO)
                .isPresent()) {
            return worst;
        }
        return known.size() == states.size() ? known.stream().min(Condition.BY_SEVERITY) : Optional.empty();
    }

    /** One that is no more and whose end nobody saw. */
    Optional<Condition> gone(Look look) {
        return gone(look, look.at());
    }

    /**
     * A container that is no more: what it was is only in what the engine said when it went.
     *
     * @param since when it went
     */
    Optional<Condition> gone(Look look, Instant since) {
        if (since.plus(grace).isAfter(look.at())) {
            return Optional.empty();
        }
        Severity severity = isRemovedByOrder(look) ? Severity.INFO : look.bad(Severity.WARNING);
        return Optional.of(bad(look, severity, "was removed", "docker ps -a\ndocker compose up -d  # in its folder")
                .since(since));
    }

    /** The end of the trouble of a container that crashed or was unwell, and that an operator removed. */
    Optional<Condition> troubleRemoved(Look look) {
        Container container = look.container();
        boolean troubled = !look.crashes().isEmpty()
                || container.state() == Container.State.RESTARTING
                || container.health() == Container.Health.UNHEALTHY
                || container.oomKilled()
                || (container.state() == Container.State.EXITED && !ExitCode.isPeaceful(container.exitCode()));
        return isRemovedByOrder(look) && troubled ? Optional.of(well(look, "was removed by order")) : Optional.empty();
    }

    /** The engine removes a container by itself only where it would not start it again. */
    private static boolean isRemovedByOrder(Look look) {
        return look.asked().isPresent()
                || look.container().comesBack()
                || look.container().state() == Container.State.RESTARTING;
    }

    private Optional<Condition> running(Look look) {
        Container container = look.container();
        if (container.health() == Container.Health.UNHEALTHY) {
            String target = CommandTarget.of(container);
            return Optional.of(bad(
                    look,
                    look.bad(Severity.WARNING),
                    "runs, and its own health check fails",
                    "docker inspect --format '{{json .State.Health}}' " + target + "\ndocker logs --tail 50 " + target
                            + "\ndocker restart " + target));
        }
        int crashes = look.crashes().size();
        if (crashes >= MANY && killed(look) > 0) {
            return Optional.of(outOfMemory(look, "and runs again just now"));
        }
        if (crashes >= MANY) {
            OptionalInt code = look.crashes().get(crashes - 1).code();
            String last = code.isPresent() ? ", last with " + ExitCode.words(code.getAsInt()) : "";
            return Optional.of(bad(
                    look,
                    Severity.CRITICAL,
                    "crashes again and again" + times(look) + last + ", and runs again just now",
                    "docker logs --tail 200 " + CommandTarget.of(container)));
        }
        boolean young = container
                .startedAt()
                .filter(start -> start.plus(patience).isAfter(look.at()))
                .isPresent();
        return young ? Optional.empty() : Optional.of(well(look, "runs"));
    }

    private Optional<Condition> exited(Look look) {
        Container container = look.container();
        String target = CommandTarget.of(container);
        String code = ExitCode.words(container.exitCode());
        if (look.endedForMemory()) {
            return Optional.of(bad(
                    look,
                    Severity.CRITICAL,
                    "was killed by the kernel for want of memory, with " + limit(container) + ": " + code,
                    MemoryKillRule.moreMemory(container) + "\ndocker start " + target));
        }
        if (tooEarly(look)) {
            return Optional.empty();
        }
        String start = "docker start " + target;
        Instant ordered = look.asked().orElse(look.at());
        if (look.killed()) {
            return Optional.of(bad(
                            look,
                            look.bad(Severity.WARNING),
                            "was killed (docker kill, which is not docker stop) and does not run: " + code,
                            start)
                    .since(ordered));
        }
        if (look.asked().isPresent() || isOrdered(container)) {
            return Optional.of(bad(look, Severity.INFO, "was stopped on purpose: " + code, start)
                    .since(ordered));
        }
        // Nobody is known to have asked, for instance because we were not running then; the code still tells.
        Severity severity = ExitCode.isPeaceful(container.exitCode()) ? Severity.INFO : Severity.CRITICAL;
        String ended = "ended with " + code + times(look);
        return Optional.of(
                gaveUpTooEarly(look)
                        ? bad(
                                look,
                                severity,
                                ended + ". Its database was made just after it gave up. Start it again",
                                start)
                        : bad(look, severity, ended, "docker logs --tail 50 " + target + "\n" + start));
    }

    /** Whether the container ended because its database was not there yet, and it is now. */
    private static boolean gaveUpTooEarly(Look look) {
        if (look.databaseMade().isEmpty() || look.crashes().isEmpty()) {
            return false;
        }
        Instant made = look.databaseMade().get();
        Instant crash = look.crashes().get(look.crashes().size() - 1).at();
        return crash.isBefore(made) && crash.plus(JUST_AFTER).isAfter(made);
    }

    /** Who is killed without an order does not stay so where the engine starts it again. */
    private static boolean isOrdered(Container container) {
        return container.comesBack() && container.exitCode() == ExitCode.KILLED;
    }

    private boolean tooEarly(Look look) {
        return look.asked()
                .filter(asked -> asked.plus(grace).isAfter(look.at()))
                .isPresent();
    }

    private static String times(Look look) {
        int crashes = look.crashes().size();
        return crashes < 2 ? "" : ", " + crashes + " times within " + Elapsed.words(StatusWatch.LOOP);
    }

    /** How many of the recent crashes were the kernel's for want of memory. */
    private static long killed(Look look) {
        return look.crashes().stream().filter(Crash::memory).count();
    }

    private static Condition outOfMemory(Look look, String now) {
        Container container = look.container();
        long kills = killed(look);
        return bad(
                look,
                Severity.CRITICAL,
                "was killed by the kernel for want of memory " + (kills == 1 ? "once" : kills + " times") + " within "
                        + Elapsed.words(StatusWatch.LOOP) + ", with " + limit(container) + ", " + now,
                MemoryKillRule.moreMemory(container) + "\ndocker logs --tail 200 " + CommandTarget.of(container));
    }

    private static String limit(Container container) {
        return container.memoryLimitBytes() == 0
                ? "no limit of its own"
                : "a limit of " + Size.words(container.memoryLimitBytes());
    }

    private static Condition well(Look look, String says) {
        return Condition.well(
                        kind(look),
                        service(look),
                        "container " + look.container().lastingName() + " " + says,
                        look.at())
                .with(figures(look));
    }

    private static Condition bad(Look look, Severity severity, String says, String remedy) {
        return Condition.bad(
                        severity,
                        kind(look),
                        service(look),
                        "container " + look.container().lastingName() + " " + says,
                        remedy,
                        look.at())
                .with(figures(look));
    }

    private static Map<String, Object> figures(Look look) {
        Container container = look.container();
        Map<String, Object> figures = new LinkedHashMap<>();
        figures.put("container", container.lastingName());
        figures.put("image", container.image());
        figures.put("state", container.state().name().toLowerCase(Locale.ROOT));
        figures.put("health", container.health().name().toLowerCase(Locale.ROOT));
        figures.put("exitCode", container.exitCode());
        figures.put("oomKilled", container.oomKilled());
        figures.put("crashes", look.crashes().size());
        figures.put("memoryLimitBytes", container.memoryLimitBytes());
        return figures;
    }

    private static String kind(Look look) {
        return look.postgres() ? PostgresServer.DOWN : KIND;
    }

    static String service(Look look) {
        return look.postgres() ? PostgresServer.SERVICE : look.service();
    }
}
