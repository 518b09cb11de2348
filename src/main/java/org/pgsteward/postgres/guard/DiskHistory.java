package org.pgsteward.postgres.guard;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.Comparator;
import java.util.Deque;
import java.util.HashMap;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Readings of the disk, by which a role that takes the last space is found. For one thread. */
final class DiskHistory {
    /** Below this, whoever takes much of what is left is stopped. */
    static final long SHORT = 256L << 20;

    /** Below this, the disk may fill between two readings. */
    static final long NEARLY_FULL = 64L << 20;

    private static final List<Limit> LIMITS =
            List.of(new Limit(Duration.ofMinutes(2), 0.25), new Limit(Duration.ofMinutes(30), 0.75));

    /** Less than this is never much. */
    private static final long LEAST = 256L << 10;

    /** Of readings that are older than the shorter limit, one in this time is kept. */
    private static final Duration KEPT_EVERY = Duration.ofMinutes(1);

    private static final int MOST_KEPT = 300;

    /** A role with less than this share of the lost space is no cause: backups or other containers may lie on the disk. */
    private static final double SHARE = 0.3;

    /** Share of the lost space that must be in files that belong to no role. */
    private static final double MOST = 0.5;

    /** Share of the lost space that a role must have been seen to write. Sessions may end between two readings. */
    private static final double SEEN = 0.1;

    /** The same if what it wrote is in no file that is known to grow. */
    private static final double NEARLY_ALL = 0.8;

    /**
     * @param within how far back readings count
     * @param ofFree what a role may take, as a share of what is left
     */
    private record Limit(Duration within, double ofFree) {
        boolean isExceeded(long taken, DiskUse now) {
            return taken >= LEAST && taken >= now.freeBytes() * ofFree;
        }
    }

    private final Deque<DiskUse> readings = new ArrayDeque<>();

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
    }

    private void removeOld(Instant now) {
        Instant longest = now.minus(LIMITS.get(1).within());
        Instant shortest = now.minus(LIMITS.get(0).within());
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
     * Returns the role that takes the last space; empty while there is enough, or if no role takes much of it. What was taken
     * until then does not count again, for no role.
     */
    Optional<DiskTaken> responsible() {
        DiskUse now = readings.peekLast();
        if (now == null || now.freeBytes() >= SHORT) {
            return Optional.empty();
        }
        Optional<DiskTaken> taken = LIMITS.stream()
                .flatMap(limit -> responsible(now, limit).stream())
                .findFirst();
        if (taken.isPresent()) {
            readings.clear();
            readings.add(now);
        }
        return taken;
    }

    private Optional<DiskTaken> responsible(DiskUse now, Limit limit) {
        DiskUse then = readings.stream()
                .filter(reading -> !reading.at().isBefore(now.at().minus(limit.within())))
                .max(Comparator.comparingLong(DiskUse::freeBytes))
                .orElse(now);
        long lost = then.freeBytes() - now.freeBytes();
        if (!limit.isExceeded(lost, now)) {
            return Optional.empty();
        }
        Optional<DiskTaken> taking = ofTaking(then, now, limit, lost);
        return ofTemporaryFiles(now, lost)
                .filter(holding -> !taking.map(DiskTaken::role).equals(Optional.of(holding.role())))
                .or(() -> taking);
    }

    /** However long it has had them: to end its sessions gives the space back, and harms nobody who only needs some. */
    private static Optional<DiskTaken> ofTemporaryFiles(DiskUse now, long lost) {
        return now.parts().entrySet().stream()
                .filter(part -> part.getKey().database().isEmpty())
                .max(Map.Entry.comparingByValue())
                .filter(most -> most.getValue() >= lost && most.getValue() >= now.freeBytes())
                .map(most -> new DiskTaken(
                        DiskTaken.Kind.TEMPORARY,
                        most.getKey().role(),
                        most.getValue(),
                        Duration.ZERO,
                        now.freeBytes()));
    }

    private Optional<DiskTaken> ofTaking(DiskUse then, DiskUse now, Limit limit, long lost) {
        return ofGrowth(then, now)
                .filter(most -> limit.isExceeded(most.getValue(), now) && most.getValue() >= lost * SHARE)
                .or(() -> ofWriting(then, now, lost))
                .map(most -> new DiskTaken(
                        DiskTaken.Kind.FILES,
                        most.getKey(),
                        Math.min(most.getValue(), lost),
                        Duration.between(then.at(), now.at()),
                        now.freeBytes()));
    }

    /** A database counts from the first reading that has it, since a restore makes one with everything in it. */
    private Optional<Map.Entry<String, Long>> ofGrowth(DiskUse then, DiskUse now) {
        Map<DiskUse.Part, Long> before = new HashMap<>();
        readings.stream()
                .filter(reading -> !reading.at().isBefore(then.at()))
                .forEach(reading -> reading.parts().forEach(before::putIfAbsent));
        Map<String, Long> byRole = new HashMap<>();
        now.parts().forEach((part, bytes) -> {
            boolean isTemporary = part.database().isEmpty();
            long first = isTemporary ? then.parts().getOrDefault(part, 0L) : before.getOrDefault(part, bytes);
            byRole.merge(part.role(), bytes - first, Long::sum);
        });
        return byRole.entrySet().stream().max(Map.Entry.comparingByValue());
    }

    /**
     * The log and the queue belong to nobody; who writes most while they grow has filled them. So has whoever wrote nearly as much
     * as was lost, to whatever files.
     */
    private static Optional<Map.Entry<String, Long>> ofWriting(DiskUse then, DiskUse now, long lost) {
        Map<String, Long> written = new HashMap<>(now.writtenByRole());
        written.replaceAll((role, bytes) -> bytes - then.writtenByRole().getOrDefault(role, 0L));
        long all = written.values().stream().mapToLong(Long::longValue).sum();
        double least = now.commonBytes() - then.commonBytes() < lost * MOST ? NEARLY_ALL : SEEN;
        return written.entrySet().stream()
                .max(Map.Entry.comparingByValue())
                .filter(most -> most.getValue() >= all * SHARE && most.getValue() >= lost * least);
    }
}
