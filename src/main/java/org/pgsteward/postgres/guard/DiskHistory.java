package org.pgsteward.postgres.guard;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.Collections;
import java.util.Comparator;
import java.util.Deque;
import java.util.HashMap;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Readings of the disk that identify a role that takes the last space or the last inodes. Not thread-safe. */
final class DiskHistory {
    private static final List<Limit> LIMITS =
            List.of(new Limit(Duration.ofMinutes(2), 0.25), new Limit(Duration.ofMinutes(30), 0.75));

    /** The interval at which readings are kept once they are older than the shorter limit. */
    private static final Duration KEPT_EVERY = Duration.ofMinutes(1);

    private static final int MOST_KEPT = 300;

    /**
     * The share of the lost space that all roles together must account for. Otherwise backups or other containers may
     * have taken the space.
     */
    private static final double MOST = 0.5;

    /** A role with a smaller share of the growth or of the written bytes of all roles is not stopped. */
    private static final double SHARE = 0.1;

    /**
     * The share of the lost space that the readings must have counted as written by roles. It is low, since sessions
     * may end between two readings.
     */
    private static final double SEEN = 0.1;

    /**
     * A limit of growth.
     *
     * @param within the age up to which readings count
     * @param ofLeft the growth that is allowed, as a share of the remaining space
     */
    private record Limit(Duration within, double ofLeft) {}

    private final DiskUnit unit;
    private final Deque<DiskUse> readings = new ArrayDeque<>();

    /** The amounts of the roles that were stopped, by role. */
    private final Map<String, Long> stopped = new HashMap<>();

    /** The time of the last stop. Growth before it does not count again. */
    private Instant stoppedAt = Instant.MIN;

    DiskHistory(DiskUnit unit) {
        this.unit = unit;
    }

    void add(DiskUse reading) {
        if (!readings.isEmpty() && reading.at().isBefore(readings.getLast().at())) {
            clear(); // the clock was set back
        }
        removeOld(reading.at());
        readings.addLast(reading);
        if (readings.size() > MOST_KEPT) {
            readings.removeFirst();
        }
    }

    void clear() {
        readings.clear();
        stopped.clear();
    }

    private void removeOld(Instant now) {
        Instant longest = now.minus(LIMITS.get(1).within());
        Instant shortest = now.minus(LIMITS.get(0).within());
        if (stoppedAt.isBefore(longest)) {
            stopped.clear();
        }
        Instant kept = Instant.MIN;
        for (Iterator<DiskUse> each = readings.iterator(); each.hasNext(); ) {
            Instant at = each.next().at();
            if (at.isBefore(longest) || (at.isBefore(shortest) && at.isBefore(kept.plus(KEPT_EVERY)))) {
                each.remove();
            } else {
                kept = at;
            }
        }
    }

    /**
     * Returns the role that takes most of the last space; empty while there is enough, or if no role takes much of it.
     */
    Optional<DiskTaken> responsible() {
        DiskUse now = readings.peekLast();
        if (now == null || now.left() >= unit.few()) {
            return Optional.empty();
        }
        Optional<DiskTaken> taken = LIMITS.stream()
                .flatMap(limit -> accomplice(now, limit).or(() -> responsible(now, limit)).stream())
                .findFirst();
        if (taken.isPresent()) {
            stopped.merge(taken.get().role(), taken.get().amount(), Long::sum);
            stoppedAt = now.at();
        }
        return taken;
    }

    private boolean isMuch(Limit limit, long taken, DiskUse now) {
        return taken >= unit.least() && taken >= now.left() * limit.ofLeft();
    }

    private Optional<DiskTaken> responsible(DiskUse now, Limit limit) {
        DiskUse then = fullest(now, limit, stoppedAt);
        long lost = then.left() - now.left();
        if (!isMuch(limit, lost, now)) {
            return Optional.empty();
        }
        Optional<DiskTaken> taking = ofTaking(then, now, limit, lost);
        return ofTemporaryFiles(now, lost)
                .filter(holding -> !taking.map(DiskTaken::role).equals(Optional.of(holding.role())))
                .or(() -> taking);
    }

    /** Returns a role that took nearly as much as a role that was stopped. Several roles may fill the disk together. */
    private Optional<DiskTaken> accomplice(DiskUse now, Limit limit) {
        if (stopped.isEmpty()) {
            return Optional.empty();
        }
        long largest = Collections.max(stopped.values());
        DiskUse then = fullest(now, limit, Instant.MIN);
        Map<String, Long> growth = growth(then, now);
        growth.keySet().removeAll(stopped.keySet());
        return growth.entrySet().stream()
                .max(Map.Entry.comparingByValue())
                .filter(most -> most.getValue() >= largest * MOST && isMuch(limit, most.getValue(), now))
                .map(most -> taken(most, then, now));
    }

    /** Returns the reading with the most space within the limit and not before {@code from}. */
    private DiskUse fullest(DiskUse now, Limit limit, Instant from) {
        return readings.stream()
                .filter(reading -> !reading.at().isBefore(now.at().minus(limit.within())))
                .filter(reading -> !reading.at().isBefore(from))
                .max(Comparator.comparingLong(DiskUse::left))
                .orElse(now);
    }

    private DiskTaken taken(Map.Entry<String, Long> role, DiskUse then, DiskUse now) {
        return new DiskTaken(
                DiskTaken.Kind.GROWTH,
                unit,
                role.getKey(),
                role.getValue(),
                Duration.between(then.at(), now.at()),
                now.left());
    }

    /**
     * Returns the role with the largest temporary files, whatever their age. Ending its sessions gives the space back,
     * and does no harm to a role with few such files.
     */
    private Optional<DiskTaken> ofTemporaryFiles(DiskUse now, long lost) {
        return now.parts().entrySet().stream()
                .filter(part -> part.getKey().database().isEmpty())
                .max(Map.Entry.comparingByValue())
                .filter(most -> most.getValue() >= lost && most.getValue() >= now.left())
                .map(most -> new DiskTaken(
                        DiskTaken.Kind.TEMPORARY,
                        unit,
                        most.getKey().role(),
                        most.getValue(),
                        Duration.ZERO,
                        now.left()));
    }

    /**
     * Returns the role that took most by its databases and temporary files. If these explain too little, the roles also
     * count with their shares of the common files. Those are only an estimate, so they come second.
     */
    private Optional<DiskTaken> ofTaking(DiskUse then, DiskUse now, Limit limit, long lost) {
        Map<String, Long> growth = growth(then, now);
        return most(growth, limit, now, lost)
                .or(() -> most(withCommonFiles(growth, then, now, lost), limit, now, lost))
                .map(most -> Map.entry(most.getKey(), Math.min(most.getValue(), lost)))
                .map(most -> taken(most, then, now));
    }

    /** Returns the role that took most; empty if all roles together did not take much, or not most of the lost space. */
    private Optional<Map.Entry<String, Long>> most(Map<String, Long> byRole, Limit limit, DiskUse now, long lost) {
        long all = sum(byRole);
        return isMuch(limit, all, now) && all >= lost * MOST
                ? byRole.entrySet().stream()
                        .max(Map.Entry.comparingByValue())
                        .filter(most -> most.getValue() >= all * SHARE)
                : Optional.empty();
    }

    private static long sum(Map<String, Long> byRole) {
        return byRole.values().stream().mapToLong(Long::longValue).sum();
    }

    /**
     * Returns the growth of each role. A database counts from the first reading that has it, since a restore creates a
     * database with all its contents.
     */
    private Map<String, Long> growth(DiskUse then, DiskUse now) {
        Map<DiskUse.Part, Long> first = new HashMap<>();
        readings.stream()
                .filter(reading -> !reading.at().isBefore(then.at()))
                .forEach(reading -> reading.parts().forEach(first::putIfAbsent));
        Map<String, Long> byRole = new HashMap<>();
        now.parts().forEach((part, bytes) -> {
            boolean isTemporary = part.database().isEmpty();
            long before = isTemporary ? then.parts().getOrDefault(part, 0L) : first.getOrDefault(part, bytes);
            byRole.merge(part.role(), Math.max(0, bytes - before), Long::sum);
        });
        now.multixactsByRole()
                .forEach((role, bytes) ->
                        byRole.merge(role, bytes - then.multixactsByRole().getOrDefault(role, 0L), Long::sum));
        return byRole;
    }

    /**
     * Adds the growth of common files to the growth of the roles, in proportion to the bytes that each role wrote. The
     * write-ahead log, the queue of {@code NOTIFY} and the shared catalogs belong to no role. A role that fills a table
     * fills the log as well.
     */
    private static Map<String, Long> withCommonFiles(Map<String, Long> growth, DiskUse then, DiskUse now, long lost) {
        Map<String, Long> written = new HashMap<>(now.writtenByRole());
        written.replaceAll((role, bytes) -> bytes - then.writtenByRole().getOrDefault(role, 0L));
        long all = sum(written);
        long common = now.common() - then.common();
        if (common <= 0 || all < lost * SEEN) {
            return Map.of();
        }
        Map<String, Long> sum = new HashMap<>(growth);
        written.forEach((role, bytes) -> sum.merge(role, (long) ((double) common * bytes / all), Long::sum));
        return sum;
    }
}
