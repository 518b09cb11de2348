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
     * The longest time from the creation of a database to the end of an application that did not find it. Some try again
     * for a while.
     */
    private static final Duration GIVES_UP_WITHIN = Duration.ofMinutes(1);

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
            case RESTARTING -> restarting(look, last, logs);
            case PAUSED ->
                Optional.of(look.bad(
                        look.worst(Severity.WARNING), "is paused and answers no request", "docker unpause " + target));
        };
    }

    private static Optional<Condition> restarting(StatusObservation look, String last, String logs) {
        if (look.memoryKills() > 0) {
            return Optional.of(look.outOfMemory("and is being restarted"));
        }
        if (gaveUpTooEarly(look) && isNew(look.databaseMade(), look.at())) {
            // Docker starts it again, and it finds its database this time. Nobody has to do anything.
            return Optional.empty();
        }
        return Optional.of(look.bad(
                Severity.CRITICAL,
                (look.crashes().size() < 2
                                ? "ended and is being restarted"
                                : "is being restarted again and again" + look.times())
                        + ", last with " + last,
                logs));
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
        // Ends before the database existed are no trouble of a container that runs now.
        int crashes = gaveUpTooEarly(look) ? 0 : look.crashes().size();
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
        if (look.endedBySigkill() && container.memoryLimitBytes() > 0) {
            return Optional.of(look.bad(
                    Severity.CRITICAL,
                    "was killed, probably by the kernel for lack of memory, with " + look.limit() + ": " + code
                            + look.times(),
                    MemoryKillRule.moreMemory(container) + "\ndocker start " + target));
        }
        // No order is known, for instance because pgsteward was not running then. The exit code still shows the kind of
        // end.
        Severity severity = ExitCode.isPeaceful(container.exitCode()) ? ON_PURPOSE : Severity.CRITICAL;
        String ended = "ended with " + code + look.times();
        return Optional.of(
                gaveUpTooEarly(look)
                        ? look.bad(
                                severity,
                                ended + ". It was started before its database was created. The database is ready now;"
                                        + " start the container again",
                                start + byItself(container))
                        : look.bad(severity, ended, "docker logs --tail 50 " + target + "\n" + start));
    }

    private static String byItself(Container container) {
        return container.comesBack()
                ? ""
                : "\n# Docker does this by itself if the compose file has \"restart: unless-stopped\"";
    }

    /** Returns whether the container ended because its database did not exist yet, and the database exists now. */
    private static boolean gaveUpTooEarly(StatusObservation look) {
        Optional<StatusObservation.Crash> last = look.lastCrash();
        if (look.databaseMade().isEmpty() || last.isEmpty() || last.get().isSigkill() || look.memoryKills() > 0) {
            return false;
        }
        Instant made = look.databaseMade().get();
        Instant crash = last.get().at();
        if (crash.isBefore(made)) {
            return true;
        }
        // The start of a container that runs is the one after its crash.
        Optional<Instant> start = look.container().state() == Container.State.RUNNING
                ? Optional.empty()
                : look.container().startedAt();
        return start.filter(made::isAfter).isPresent() && isNew(look.databaseMade(), crash);
    }

    private static boolean isNew(Optional<Instant> made, Instant at) {
        return made.filter(time -> time.plus(GIVES_UP_WITHIN).isAfter(at)).isPresent();
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
