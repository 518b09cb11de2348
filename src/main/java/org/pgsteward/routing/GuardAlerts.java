package org.pgsteward.routing;

import java.sql.SQLException;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.pgsteward.alert.Alert;
import org.pgsteward.alert.AlertBook;
import org.pgsteward.alert.OneLine;
import org.pgsteward.model.Condition;
import org.pgsteward.model.Severity;
import org.pgsteward.model.Typing;
import org.pgsteward.monitor.Console;
import org.pgsteward.monitor.Size;
import org.pgsteward.postgres.Quote;
import org.pgsteward.postgres.guard.Evicted;
import org.pgsteward.postgres.guard.MemoryTaken;
import org.pgsteward.postgres.guard.Offences;
import org.pgsteward.postgres.guard.ServerCrash;
import org.pgsteward.postgres.guard.ServerGuard;
import org.pgsteward.provision.Provisioner;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Raises the alerts of what {@link ServerGuard} found, and has it shut out whoever goes on. For one thread. */
public final class GuardAlerts {
    /** A session was ended that locked what others need. */
    static final String LOCKED = "catalog-locked";

    /** A role had so much memory that all sessions ended, or were about to. */
    static final String MEMORY = "memory-taken";

    /** A service's role may not log in any more. */
    static final String SHUT_OUT = "role-shut-out";

    /** After so long without another one, an alert of the first two kinds is over. */
    private static final Duration OVER = Duration.ofMinutes(10);

    /** Between two looks which roles are shut out. */
    private static final Duration COMPARED = Duration.ofSeconds(10);

    /** Between two crashes: by then sessions may have grown that have nothing to do with it. */
    private static final Duration SOON = Duration.ofSeconds(30);

    /** Characters. */
    private static final int LONGEST_REASON = 500;

    private static final Logger LOG = LoggerFactory.getLogger(GuardAlerts.class);

    private final ServerGuard guard;
    private final Function<ServerCrash, Optional<String>> killed;
    private final AlertBook alerts;
    private final Console console;
    private final Doors doors;
    private final Clock clock;
    private final Offences offences = new Offences();

    /** By the key of the alert. */
    private final Map<String, Instant> last = new HashMap<>();

    /** By role, how many sessions of it were ended since its alert began. */
    private final Map<String, Integer> times = new HashMap<>();

    /** By role, the session that was told to end and still ran. */
    private final Map<String, Evicted> enduring = new HashMap<>();

    private Instant compared = Instant.EPOCH;

    /** By the server's clock. */
    private Instant lastCrash = Instant.EPOCH;

    /** @param killed the role whose process the kernel killed in a crash, where that is known */
    public GuardAlerts(
            ServerGuard guard,
            Function<ServerCrash, Optional<String>> killed,
            AlertBook alerts,
            Console console,
            Doors doors,
            Clock clock) {
        this.guard = guard;
        this.killed = killed;
        this.alerts = alerts;
        this.console = console;
        this.doors = doors;
        this.clock = clock;
    }

    /** Takes over the alerts of the process before. */
    void begin() {
        alerts.firing().stream()
                .filter(alert -> alert.kind().equals(LOCKED) || alert.kind().equals(MEMORY))
                .forEach(alert -> last.put(alert.key(), clock.instant()));
    }

    /** @throws SQLException when PostgreSQL cannot be asked */
    void tell(ServerGuard.Looked looked) throws SQLException {
        Map<String, List<Evicted>> byRole = looked.ended().stream()
                .collect(Collectors.groupingBy(Evicted::role, TreeMap::new, Collectors.toList()));
        for (Map.Entry<String, List<Evicted>> entry : byRole.entrySet()) {
            entry.getValue().stream()
                    .filter(Evicted::grave)
                    .forEach(one -> offences.add(
                            one.role(), one.gone() ? Offences.Kind.SESSION : Offences.Kind.ENDURING, clock.instant()));
            shutOutIfEnough(entry.getKey(), worst(entry.getValue()).what());
        }
        if (looked.memory().isPresent()) {
            MemoryTaken taken = looked.memory().get();
            offences.add(taken.role(), taken.crashed() ? Offences.Kind.CRASH : Offences.Kind.MEMORY, clock.instant());
            shutOutIfEnough(taken.role(), words(taken));
            memory(taken);
        }
        if (looked.crash().isPresent()) {
            crashed(looked.crash().get(), looked.memory().map(MemoryTaken::role));
        }
        for (List<Evicted> sessions : byRole.values()) {
            locked(sessions);
        }
        ended(byRole.keySet());
        compare();
        resolve();
    }

    /**
     * A role may grow so fast that no look sees it. Then it is mostly one of its processes that the kernel takes, again and
     * again. One crash says nothing: the kernel takes a large process, and among old sessions that may be anybody's.
     *
     * @param told the role that has been told of already
     */
    private void crashed(ServerCrash crash, Optional<String> told) throws SQLException {
        Instant before = lastCrash;
        lastCrash = crash.recovered();
        if (before.plus(SOON).isBefore(lastCrash)) {
            return;
        }
        Optional<String> role =
                killed.apply(crash).filter(crash.suspects()::contains).filter(one -> !told.equals(Optional.of(one)));
        if (role.isPresent()) {
            offences.add(role.get(), Offences.Kind.KILLED, clock.instant());
            shutOutIfEnough(
                    role.get(),
                    "made the kernel kill its processes for want of memory, and with them all sessions of all services");
        }
    }

    private void shutOutIfEnough(String role, String what) throws SQLException {
        if (offences.isEnough(role, clock.instant())) {
            Optional<String> service = guard.shutOut(role);
            offences.forgive(role);
            if (service.isPresent()) {
                shutOut(service.get(), role, "pgsteward shut it out, since it went on: it " + what);
            }
        }
    }

    private void shutOut(String service, String role, String why) {
        raise(
                SHUT_OUT,
                service,
                "role " + role + " may not log in any more; " + why,
                console.psql("ALTER ROLE " + Quote.identifier(role) + " LOGIN CONNECTION LIMIT "
                                + Provisioner.CONNECTION_LIMIT)
                        + "   # lets it in again, once its program is mended");
    }

    /** @param sessions of one role */
    private void locked(List<Evicted> sessions) {
        Evicted worst = worst(sessions);
        int gone = (int) sessions.stream().filter(Evicted::gone).count();
        times.merge(worst.role(), gone, Integer::sum);
        if (worst.gone()) {
            enduring.remove(worst.role());
        } else {
            enduring.put(worst.role(), worst);
        }
        locked(worst);
    }

    /** Tells of those that were told to end and have ended since. */
    private void ended(Set<String> told) {
        List<Evicted> over = enduring.values().stream()
                .filter(one -> !told.contains(one.role()))
                .toList();
        for (Evicted one : over) {
            enduring.remove(one.role());
            times.merge(one.role(), 1, Integer::sum);
            locked(one.ended());
        }
    }

    private void locked(Evicted one) {
        int count = times.getOrDefault(one.role(), 1);
        Optional<String> service = serviceOf(one.role());
        raise(
                LOCKED,
                service.orElse(one.role()),
                "role " + one.role() + " " + one.what() + " in database " + one.database()
                        + ", which others need to log in, or pgsteward for its journal; its session "
                        + one.pid()
                        + (one.gone()
                                ? " was ended" + (count > 1 ? ", and " + (count - 1) + " before it" : "")
                                : " was told to end and still runs, since PostgreSQL cannot interrupt what it does"),
                keepOut(one.role(), service)
                        + (one.gone()
                                ? ""
                                : "\ndocker restart " + Typing.word(console.container())
                                        + "   # if that session does not end: all sessions end"));
    }

    private void memory(MemoryTaken taken) {
        Optional<String> service = serviceOf(taken.role());
        raise(
                MEMORY,
                service.orElse(taken.role()),
                "role " + taken.role() + " " + words(taken),
                keepOut(taken.role(), service) + "\ndocker update --memory 512m --memory-swap 1g "
                        + Typing.word(console.container())
                        + "   # or, if it needs so much, more memory; mem_limit in compose.yaml keeps it");
    }

    private static String words(MemoryTaken taken) {
        return String.format(
                Locale.ROOT,
                "held %s of the %s that PostgreSQL may have, in %d session%s, %s",
                Size.words(taken.bytes()),
                Size.words(taken.limit()),
                taken.sessions(),
                taken.sessions() == 1 ? "" : "s",
                taken.crashed()
                        ? "when all sessions of all services ended for want of memory"
                        : "which were ended, since all sessions of all services would have ended next");
    }

    /** Empty for a role of no service, and where the server has gone again. */
    private Optional<String> serviceOf(String role) {
        try {
            return guard.serviceOf(role);
        } catch (SQLException e) {
            LOG.debug("the service of {} cannot be read: {}", role, e.getMessage());
            return Optional.empty();
        }
    }

    private static Evicted worst(List<Evicted> sessions) {
        return sessions.stream().filter(one -> !one.gone()).findFirst().orElse(sessions.get(sessions.size() - 1));
    }

    private String keepOut(String role, Optional<String> service) {
        return service.map(one -> "pgsteward remove " + Typing.word(one)
                        + "   # quarantine: its role cannot log in until 'pgsteward remove --undo'")
                .orElseGet(() -> console.psql("ALTER ROLE " + Quote.identifier(role) + " NOLOGIN"));
    }

    private void raise(String kind, String service, String words, String remedy) {
        // Whoever makes a role or a database may write several lines into its name.
        String reason = OneLine.of(words, LONGEST_REASON);
        LOG.warn("{}", reason);
        Condition condition = Condition.bad(Severity.CRITICAL, kind, service, reason, remedy, clock.instant());
        if (!kind.equals(SHUT_OUT)) {
            last.put(condition.key(), clock.instant());
        }
        doors.ask("direct:alert-raise", condition);
    }

    private void well(String key, String why) {
        alerts.firing().stream()
                .filter(alert -> alert.key().equals(key))
                .forEach(alert -> doors.ask(
                        "direct:alert-raise", Condition.well(alert.kind(), alert.service(), why, clock.instant())));
    }

    /** Tells which roles are shut out, whoever did it and whenever it was, and which are not any more. */
    private void compare() throws SQLException {
        Instant now = clock.instant();
        if (compared.plus(COMPARED).isAfter(now)) {
            return;
        }
        compared = now;
        Map<String, String> shutOut = guard.shutOut();
        Set<String> told = alerts.firing().stream()
                .filter(alert -> alert.kind().equals(SHUT_OUT))
                .map(Alert::service)
                .collect(Collectors.toSet());
        shutOut.forEach((service, role) -> {
            if (!told.contains(service)) {
                shutOut(service, role, "it has NOLOGIN and CONNECTION LIMIT 0");
            }
        });
        told.stream()
                .filter(service -> !shutOut.containsKey(service))
                .forEach(service ->
                        well(SHUT_OUT + ":" + service, "its role may log in again, or is not there any more"));
    }

    private void resolve() {
        Instant now = clock.instant();
        last.entrySet().removeIf(entry -> {
            boolean over = entry.getValue().plus(OVER).isBefore(now);
            if (over) {
                well(entry.getKey(), "it has done nothing like it for " + OVER.toMinutes() + " min");
            }
            return over;
        });
        if (last.isEmpty()) {
            times.clear();
        }
    }
}
