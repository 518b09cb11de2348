package org.pgsteward.monitor;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.pgsteward.model.PostgresServer;

/**
 * Counts the events in the log for each service. Pure.
 *
 * <ol>
 *   <li>A refusal belongs to the service of the named role, or else to the service of the named database, or else to
 *       the server.
 *   <li>If it comes from a container that does not belong to that service, the fault is the container's. The refusal
 *       counts under the container's name.
 *   <li>Refusals before a service got its database, and in the minute after it, do not count: its container started
 *       earlier, and tries again.
 *   <li>A refusal that pgsteward is about to end counts after three minutes. It may name an unknown role or database,
 *       which pgsteward makes. Or a container of the service itself has another password, which pgsteward gives to the
 *       role. That takes seconds, and on a busy host minutes.
 *   <li>A wrong password does not count any more once the role was given its container's password.
 *   <li>A refusal does not count once the same role was let in from the same address. The client had another password
 *       for a moment, or came too early.
 *   <li>Slow statements of the administrator do not count, since they are backups and repairs.
 * </ol>
 */
final class LogTally {
    private static final int NAMED = 3;

    /** The role and the database are made up to this long after the service's recorded beginning. */
    private static final Duration SETTLING = Duration.ofMinutes(1);

    /** The time within which pgsteward makes the role of a container that it sees. */
    static final Duration ENROLLING = Duration.ofMinutes(3);

    private final DatabaseObservation server;
    private final Instant now;
    private final Map<String, DatabaseObservation.Database> byRole;
    private final Map<String, DatabaseObservation.Database> byName;
    private final Optional<Map<String, String>> owners;

    /**
     * @param owners the services of containers, by the container's name, and empty text for a container without a
     *     service. A missing container is not known yet. Empty where no container's service is known
     */
    LogTally(DatabaseObservation server, Instant now, Optional<Map<String, String>> owners) {
        this.owners = owners;
        this.server = server;
        this.now = now;
        this.byRole = index(server, DatabaseObservation.Database::role);
        this.byName = index(server, DatabaseObservation.Database::name);
    }

    /** @param names of containers, by address */
    List<LogObservation.Refusals> refusals(Collection<LogEvent.Refused> refused, Map<String, String> names) {
        Map<String, List<LogEvent.Refused>> byService = everybody();
        Set<String> strangers = new HashSet<>();
        for (LogEvent.Refused one : refused) {
            Optional<DatabaseObservation.Database> whose = whose(one.user(), one.database());
            boolean early = whose.flatMap(DatabaseObservation.Database::enrolledAt)
                    .filter(enrolled -> one.at().isBefore(enrolled.plus(SETTLING)))
                    .isPresent();
            Optional<String> container = Optional.ofNullable(names.get(one.client()));
            boolean waits = one.at().plus(ENROLLING).isAfter(now) && mayEnd(one, whose, container);
            if (one.at().plus(LogObservation.REFUSALS).isAfter(now) && !early && !waits && !isOver(one, whose)) {
                Optional<String> stranger = whose.flatMap(service -> stranger(service, container));
                stranger.ifPresent(strangers::add);
                byService
                        .computeIfAbsent(stranger.orElseGet(() -> service(whose)), first -> new ArrayList<>())
                        .add(one);
            }
        }
        return byService.entrySet().stream()
                .map(entry -> refusals(entry.getKey(), strangers.contains(entry.getKey()), entry.getValue(), names))
                .toList();
    }

    /** Returns whether pgsteward will end such refusals by itself. */
    private boolean mayEnd(
            LogEvent.Refused refused, Optional<DatabaseObservation.Database> whose, Optional<String> container) {
        if (whose.isEmpty()) {
            return refused.reason().mayBeUnknown();
        }
        return refused.reason() == LogEvent.Reason.WRONG_PASSWORD
                && container.isPresent()
                && owners.isPresent()
                && stranger(whose.get(), container).isEmpty();
    }

    /** Returns the container that tried, if it is known not to belong to the service. */
    private Optional<String> stranger(DatabaseObservation.Database service, Optional<String> container) {
        return container.filter(name -> owners.filter(
                        known -> known.containsKey(name) && !service.service().equals(known.get(name)))
                .isPresent());
    }

    private boolean isOver(LogEvent.Refused refused, Optional<DatabaseObservation.Database> whose) {
        boolean corrected = refused.reason() == LogEvent.Reason.WRONG_PASSWORD
                && whose.filter(service -> service.role().equals(refused.user()))
                        .flatMap(DatabaseObservation.Database::passwordSetAt)
                        .filter(refused.at()::isBefore)
                        .isPresent();
        return corrected || hasBeenLetIn(refused);
    }

    private boolean hasBeenLetIn(LogEvent.Refused refused) {
        return server.present().stream()
                .filter(there -> there.user().equals(refused.user()))
                .filter(there -> refused.client().isEmpty() || there.address().equals(refused.client()))
                .anyMatch(there -> there.since().isAfter(refused.at()));
    }

    private static LogObservation.Refusals refusals(
            String service, boolean stranger, List<LogEvent.Refused> refused, Map<String, String> names) {
        Map<LogObservation.Attempts, Long> alike = refused.stream()
                .collect(Collectors.groupingBy(
                        one -> new LogObservation.Attempts(
                                one.reason(), one.user(), one.database(), client(one.client(), names), 0),
                        LinkedHashMap::new,
                        Collectors.counting()));
        List<LogObservation.Attempts> attempts = alike.entrySet().stream()
                .map(entry -> new LogObservation.Attempts(
                        entry.getKey().reason(),
                        entry.getKey().user(),
                        entry.getKey().database(),
                        entry.getKey().client(),
                        entry.getValue().intValue()))
                .sorted(Comparator.comparingInt(LogObservation.Attempts::count).reversed())
                .limit(NAMED)
                .toList();
        Instant last = refused.stream()
                .map(LogEvent.Refused::at)
                .max(Comparator.naturalOrder())
                .orElse(Instant.EPOCH);
        return new LogObservation.Refusals(service, stranger, refused.size(), attempts, last);
    }

    private static String client(String address, Map<String, String> names) {
        String name = names.get(address);
        return name == null ? address : name + " (" + address + ")";
    }

    /**
     * Returns the slow statements; empty where the log has no limit, or where {@code pg_stat_statements} knows every
     * statement.
     */
    Optional<List<LogObservation.Slowness>> slow(Collection<LogEvent.Slow> slow) {
        if (server.queries().isPresent()) {
            return Optional.empty();
        }
        return server.server().log().slow().map(limit -> {
            Map<String, List<LogEvent.Slow>> byService = everybody();
            slow.stream()
                    .filter(one -> one.at().plus(LogObservation.STATEMENTS).isAfter(now))
                    .filter(one -> !one.user().equals(server.console().user()))
                    .forEach(one -> byService
                            .computeIfAbsent(service(whose(one.user(), one.database())), first -> new ArrayList<>())
                            .add(one));
            return byService.entrySet().stream()
                    .map(entry -> new LogObservation.Slowness(
                            entry.getKey(),
                            entry.getValue().size(),
                            entry.getValue().stream()
                                    .mapToDouble(LogEvent.Slow::seconds)
                                    .max()
                                    .orElse(0),
                            limit))
                    .toList();
        });
    }

    private <T> Map<String, List<T>> everybody() {
        Map<String, List<T>> all = new LinkedHashMap<>();
        all.put(PostgresServer.SERVICE, new ArrayList<>());
        server.databases().forEach(database -> all.putIfAbsent(database.service(), new ArrayList<>()));
        return all;
    }

    private static String service(Optional<DatabaseObservation.Database> whose) {
        return whose.map(DatabaseObservation.Database::service).orElse(PostgresServer.SERVICE);
    }

    private Optional<DatabaseObservation.Database> whose(String user, String database) {
        return Optional.ofNullable(byRole.get(user)).or(() -> Optional.ofNullable(byName.get(database)));
    }

    private static Map<String, DatabaseObservation.Database> index(
            DatabaseObservation server, Function<DatabaseObservation.Database, String> name) {
        Map<String, DatabaseObservation.Database> index = new HashMap<>();
        server.databases().stream()
                .filter(database -> !name.apply(database).isEmpty())
                .forEach(database -> index.putIfAbsent(name.apply(database), database));
        return index;
    }
}
