package org.pgsteward.containers;

import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import org.pgsteward.model.Condition;
import org.pgsteward.model.Container;
import org.pgsteward.model.Severity;

/**
 * Decides whether a container runs as it should.
 *
 * @param patience the time that a start must hold before it counts, since a crash loop starts a container again and
 *     again
 * @param grace the time that an ordered stop or a removal may last before it raises an alert: an update stops a
 *     container, removes it and creates a new one. Zero raises the alert at once
 */
public record StatusRule(Duration patience, Duration grace) {
    /**
     * The {@code kind} of alerts about a service's container. For PostgreSQL's container it is {@link
     * PostgresServer#DOWN}.
     */
    public static final String KIND = "service-down";

    /**
     * The severity for a container that was stopped or removed by order, or that ended without an error. This is no
     * trouble: the alert is listed and sent once, its end is not sent, and the overall health stays good.
     */
    private static final Severity ON_PURPOSE = Severity.INFO;

    /**
     * The longest time from a crash to the making of the missing database that may have caused it. An application that
     * finds no database gives up within milliseconds, and pgsteward makes the database within seconds.
     */
    private static final Duration JUST_AFTER = Duration.ofMinutes(1);

    /** This many crashes within {@link StatusWatch#LOOP} are one trouble, even if the container runs in between. */
    private static final int MANY = 3;

    public StatusRule {
        if (patience.isNegative() || grace.isNegative()) {
            throw new IllegalArgumentException(
                    "patience " + patience + " and grace " + grace + " must not be negative");
        }
    }

    /** Creates a rule with the same time for {@code patience} and {@code grace}. */
    StatusRule(Duration patience) {
        this(patience, patience);
    }

    /** Judges one container; empty while it is too early to decide. */
    Optional<Condition> judge(StatusObservation look) {
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
                                ? look.well("was created and never started")
                                : look.bad(
                                        look.worst(Severity.WARNING),
                                        "could not be started: " + last,
                                        logs + "\ndocker start " + target));
            case RESTARTING ->
                Optional.of(
                        look.memoryKills() > 0
                                ? look.outOfMemory("and is being restarted")
                                : look.bad(
                                        Severity.CRITICAL,
                                        (look.crashes().size() < 2
                                                        ? "ended and is being restarted"
                                                        : "is being restarted again and again" + look.times())
                                                + ", last with " + last,
                                        logs));
            case PAUSED ->
                Optional.of(look.bad(
                        look.worst(Severity.WARNING), "is paused and answers no request", "docker unpause " + target));
        };
    }

    /**
     * Combines the states of a service's containers into one. The worst trouble counts first. Without trouble, the
     * result is empty while the state of a container is undecided. Otherwise the best state counts, since one running
     * container does the service's work.
     */
    static Optional<Condition> ofAll(List<Optional<Condition>> states) {
        List<Condition> known = states.stream().flatMap(Optional::stream).toList();
        Optional<Condition> worst = known.stream().max(Condition.BY_SEVERITY);
        if (worst.flatMap(Condition::severity)
                .filter(severity -> severity != ON_PURPOSE)
                .isPresent()) {
            return worst;
        }
        return known.size() == states.size() ? known.stream().min(Condition.BY_SEVERITY) : Optional.empty();
    }

    /** Judges a container that was removed at an unknown time; the removal counts from now on. */
    Optional<Condition> gone(StatusObservation look) {
        return gone(look, look.at());
    }

    /**
     * Judges a removed container by the last state that the engine reported.
     *
     * @param since the time of the removal
     */
    Optional<Condition> gone(StatusObservation look, Instant since) {
        if (since.plus(grace).isAfter(look.at())) {
            return Optional.empty();
        }
        Severity severity = isRemovedByOrder(look) ? ON_PURPOSE : look.worst(Severity.WARNING);
        return Optional.of(look.bad(severity, "was removed", "docker ps -a\ndocker compose up -d  # in its folder")
                .since(since));
    }

    /** Returns the end of the trouble of a container that crashed or was unhealthy, and that an operator removed. */
    Optional<Condition> troubleRemoved(StatusObservation look) {
        Container container = look.container();
        boolean troubled = !look.crashes().isEmpty()
                || container.state() == Container.State.RESTARTING
                || container.health() == Container.Health.UNHEALTHY
                || container.oomKilled()
                || (container.state() == Container.State.EXITED && !ExitCode.isPeaceful(container.exitCode()));
        return isRemovedByOrder(look) && troubled ? Optional.of(look.well("was removed by order")) : Optional.empty();
    }

    /**
     * Returns whether an operator removed the container. The engine itself removes only a container that it would not
     * restart.
     */
    private static boolean isRemovedByOrder(StatusObservation look) {
        return look.asked().isPresent()
                || look.container().comesBack()
                || look.container().state() == Container.State.RESTARTING;
    }

    private Optional<Condition> running(StatusObservation look) {
        Container container = look.container();
        if (container.health() == Container.Health.UNHEALTHY) {
            String target = CommandTarget.of(container);
            return Optional.of(look.bad(
                    look.worst(Severity.WARNING),
                    "runs, but its own health check fails",
                    "docker inspect --format '{{json .State.Health}}' " + target + "\ndocker logs --tail 50 " + target
                            + "\ndocker restart " + target));
        }
        int crashes = look.crashes().size();
        if (crashes >= MANY && look.memoryKills() > 0) {
            return Optional.of(look.outOfMemory("and runs again now"));
        }
        if (crashes >= MANY) {
            OptionalInt code = look.crashes().get(crashes - 1).code();
            String last = code.isPresent() ? ", last with " + ExitCode.words(code.getAsInt()) : "";
            return Optional.of(look.bad(
                    Severity.CRITICAL,
                    "crashes again and again" + look.times() + last + ", and runs again now",
                    "docker logs --tail 200 " + CommandTarget.of(container)));
        }
        boolean young = container
                .startedAt()
                .filter(start -> start.plus(patience).isAfter(look.at()))
                .isPresent();
        return young ? Optional.empty() : Optional.of(look.well("runs"));
    }

    private Optional<Condition> exited(StatusObservation look) {
        Container container = look.container();
        String target = CommandTarget.of(container);
        String code = ExitCode.words(container.exitCode());
        if (look.endedForMemory()) {
            return Optional.of(look.bad(
                    Severity.CRITICAL,
                    "was killed by the kernel for lack of memory, with " + look.limit() + ": " + code,
                    MemoryKillRule.moreMemory(container) + "\ndocker start " + target));
        }
        if (tooEarly(look)) {
            return Optional.empty();
        }
        String start = "docker start " + target;
        Instant ordered = look.asked().orElse(look.at());
        if (look.killed()) {
            return Optional.of(look.bad(
                            look.worst(Severity.WARNING),
                            "was killed (docker kill, which is not docker stop) and does not run: " + code,
                            start)
                    .since(ordered));
        }
        if (look.asked().isPresent() || isOrdered(container)) {
            return Optional.of(look.bad(ON_PURPOSE, "was stopped on purpose: " + code, start + "   # if it should run")
                    .since(ordered));
        }
        // No order is known, for instance because pgsteward was not running then. The exit code still shows the kind of
        // end.
        Severity severity = ExitCode.isPeaceful(container.exitCode()) ? ON_PURPOSE : Severity.CRITICAL;
        String ended = "ended with " + code + look.times();
        return Optional.of(
                gaveUpTooEarly(look)
                        ? look.bad(
                                severity, ended + ". Its database was created just after that; start it again", start)
                        : look.bad(severity, ended, "docker logs --tail 50 " + target + "\n" + start));
    }

    /** Returns whether the container ended because its database did not exist yet, and the database exists now. */
    private static boolean gaveUpTooEarly(StatusObservation look) {
        if (look.databaseMade().isEmpty() || look.crashes().isEmpty()) {
            return false;
        }
        Instant made = look.databaseMade().get();
        Instant crash = look.crashes().get(look.crashes().size() - 1).at();
        return crash.isBefore(made) && crash.plus(JUST_AFTER).isAfter(made);
    }

    /**
     * Returns whether the kill must have been an order: without one, the engine would have restarted the container.
     */
    private static boolean isOrdered(Container container) {
        return container.comesBack() && container.exitCode() == ExitCode.KILLED;
    }

    private boolean tooEarly(StatusObservation look) {
        return look.asked()
                .filter(asked -> asked.plus(grace).isAfter(look.at()))
                .isPresent();
    }
}
