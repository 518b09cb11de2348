package org.pgsteward.provision;

import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Stream;
import org.pgsteward.containers.ContainerAlertKinds;
import org.pgsteward.containers.Containers;
import org.pgsteward.model.Condition;
import org.pgsteward.model.Container;
import org.pgsteward.model.Diagnosis;
import org.pgsteward.model.Severity;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Alerts about containers with settings that keep them from their database. The cause is a missing network, a host name
 * or a port that does not lead to PostgreSQL, or variables that pgsteward does not know. {@code pgsteward doctor}
 * reports the same from the same rules. Each container is in at most one of these alerts, under its own name.
 */
public final class ConnectionAdvice {
    static final Set<String> KINDS =
            Set.of(ContainerAlertKinds.NETWORK, ContainerAlertKinds.UNREACHABLE, ContainerAlertKinds.NOT_ENROLLED);

    private static final Logger LOG = LoggerFactory.getLogger(ConnectionAdvice.class);

    /**
     * The delay of an alert. Compose creates containers one after the other, and a host name leads nowhere until its
     * container exists.
     */
    private static final Duration PATIENCE = Duration.ofMinutes(1);

    /** The delay of an alert for information, since a backup or another job of a few minutes needs none. */
    private static final Duration LASTING = Duration.ofMinutes(10);

    /** The exit codes of programs that finished, or that were ordered to end. */
    private static final Set<Integer> PEACEFUL = Set.of(0, 130, 137, 143);

    private final Discovery discovery;
    private final Containers containers;
    private final Optional<String> webNetwork;
    private final Clock clock;

    /** The present trouble of each container, by container id. */
    private final Map<String, Trouble> troubles = new ConcurrentHashMap<>();

    /** @param since the time of its first observation; an alert of another kind begins anew */
    private record Trouble(Condition condition, Instant since, Duration patience) {
        private Trouble since(Trouble first) {
            return new Trouble(condition, first.since(), patience);
        }

        private boolean isNews(Instant now) {
            return !since.plus(patience).isAfter(now);
        }
    }

    /** The longest time without a new check of a container while no container changes, because a secret may change. */
    private static final Duration CHECKED_AGAIN_AFTER = Duration.ofMinutes(5);

    /** The last check of each container without trouble, by container id. */
    private final Map<String, Check> well = new ConcurrentHashMap<>();

    /** @param version of all containers at the check */
    private record Check(long version, Instant at) {
        private boolean isStillValid(long now, Instant time) {
            return version == now
                    && !time.isBefore(at)
                    && at.plus(CHECKED_AGAIN_AFTER).isAfter(time);
        }
    }

    ConnectionAdvice(Discovery discovery, Containers containers, Optional<String> webNetwork, Clock clock) {
        this.discovery = discovery;
        this.containers = containers;
        this.webNetwork = webNetwork;
        this.clock = clock;
    }

    /** Returns the conditions of one container: alerts that fire or go on firing, and alerts that resolve. */
    List<Condition> judge(Container container) {
        String id = container.id();
        Instant now = clock.instant();
        long version = containers.version();
        Check checked = well.get(id);
        if (checked != null && checked.isStillValid(version, now)) {
            return List.of();
        }
        Optional<Trouble> found = trouble(container, now);
        if (found.isEmpty()) {
            troubles.remove(id);
            String reason = tries(container) ? "its settings lead to its database" : "it does not run";
            return well.put(id, new Check(version, now)) == null ? over(container, KINDS, reason) : List.of();
        }
        well.remove(id);
        Optional<Trouble> before = Optional.ofNullable(troubles.get(id))
                .filter(seen ->
                        seen.condition().kind().equals(found.get().condition().kind()));
        Trouble trouble = before.map(seen -> found.get().since(seen)).orElse(found.get());
        troubles.put(id, trouble);
        if (!trouble.isNews(now)) {
            return List.of();
        }
        if (before.filter(seen -> seen.isNews(seen.condition().at())).isEmpty()) {
            LOG.warn("{}", trouble.condition().reason());
        }
        String kind = trouble.condition().kind();
        List<Condition> conditions = new ArrayList<>(over(
                container,
                KINDS.stream().filter(other -> !other.equals(kind)).toList(),
                "another alert states the current cause"));
        conditions.add(trouble.condition());
        return conditions;
    }

    /**
     * Returns the alerts that resolve with the removal of a container. The alert about its variables stays until the
     * next reconcile, since the container may be created again at once.
     */
    List<Condition> gone(Container container, boolean nameIsTaken) {
        troubles.remove(container.id());
        well.remove(container.id());
        return nameIsTaken
                ? List.of()
                : over(
                        container,
                        List.of(ContainerAlertKinds.NETWORK, ContainerAlertKinds.UNREACHABLE),
                        "the container was removed");
    }

    private List<Condition> over(Container container, Iterable<String> kinds, String reason) {
        List<Condition> over = new ArrayList<>();
        kinds.forEach(kind -> over.add(Condition.well(kind, container.name(), reason, clock.instant())));
        return over;
    }

    private Optional<Trouble> trouble(Container container, Instant now) {
        Optional<String> network =
                discovery.networkAdvice(container, containers.postgres(), webNetwork, containers.all());
        if (network.isPresent()) {
            return Optional.of(trouble(
                    Condition.bad(
                            Severity.WARNING,
                            ContainerAlertKinds.NETWORK,
                            container.name(),
                            network.get(),
                            "docker inspect --format '{{json .NetworkSettings.Networks}}' " + container.commandName(),
                            now),
                    Duration.ZERO));
        }
        if (!tries(container)) {
            return Optional.empty();
        }
        Optional<Diagnosis> wrong = diagnosis(container).filter(Diagnosis::isTrouble);
        if (wrong.isPresent()) {
            return Optional.of(trouble(
                    Condition.bad(
                            wrong.get().severity(),
                            ContainerAlertKinds.UNREACHABLE,
                            container.name(),
                            "container " + container.name() + " cannot reach PostgreSQL: "
                                    + wrong.get().cause(),
                            wrong.get().remedy(),
                            now),
                    PATIENCE));
        }
        return unenrolled(container, discovery, containers)
                .map(diagnosis -> trouble(
                        Condition.bad(
                                diagnosis.severity(),
                                ContainerAlertKinds.NOT_ENROLLED,
                                container.name(),
                                diagnosis.cause(),
                                diagnosis.remedy(),
                                now),
                        diagnosis.isTrouble() ? PATIENCE : LASTING));
    }

    private static Trouble trouble(Condition condition, Duration patience) {
        return new Trouble(condition, condition.at(), patience);
    }

    /** Returns whether the container runs, or ended with an error. */
    private static boolean tries(Container container) {
        return switch (container.state()) {
            case RUNNING, RESTARTING -> true;
            case EXITED, DEAD -> !PEACEFUL.contains(container.exitCode());
            case CREATED, PAUSED, REMOVING -> false;
        };
    }

    private Optional<Diagnosis> diagnosis(Container container) {
        return unreachable(container, discovery, containers);
    }

    private static Optional<Diagnosis> unreachable(Container container, Discovery discovery, Containers containers) {
        return containers
                .postgres()
                .flatMap(server -> discovery
                        .said(container, Optional.of(server), containers.all())
                        .flatMap(request -> NetworkRule.judge(request, server, containers.all())));
    }

    /** Returns the reasons why the settings of containers, in any state, do not lead to a database. */
    public static List<Diagnosis> unserved(Discovery discovery, Containers containers) {
        return Stream.concat(
                        containers.others().stream()
                                .flatMap(container -> unreachable(container, discovery, containers).stream()),
                        unenrolled(discovery, containers).stream())
                .toList();
    }

    /**
     * Returns the reasons only of containers that can reach PostgreSQL, since a wrong address must be corrected first.
     */
    public static List<Diagnosis> unenrolled(Discovery discovery, Containers containers) {
        return containers.others().stream()
                .filter(container ->
                        unreachable(container, discovery, containers).isEmpty())
                .flatMap(container -> unenrolled(container, discovery, containers).stream())
                .toList();
    }

    private static Optional<Diagnosis> unenrolled(Container container, Discovery discovery, Containers containers) {
        return discovery
                .unenrolled(container, containers.postgres(), containers.all())
                .map(unenrolled -> new Diagnosis(
                        Diagnosis.Symptom.CONNECTION_REFUSED,
                        unenrolled.application() ? Severity.WARNING : Severity.INFO,
                        unenrolled.service(),
                        unenrolled.reason(),
                        unenrolled.remedy()));
    }
}
