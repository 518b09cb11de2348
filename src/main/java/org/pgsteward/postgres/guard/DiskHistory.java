package org.pgsteward.postgres.guard;

import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Comparator;
import java.util.Deque;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;

/** Readings of the disk, by which a role that takes the last space is found. For one thread. */
final class DiskHistory {
    /** Below this, whoever takes much within a short time is stopped. */
    static final long SHORT = 256L << 20;

    /** Below this, whoever takes less is stopped as well. */
    static final long NEARLY_FULL = 64L << 20;

    private static final long LAST = 16L << 20;

    private static final int MOST_KEPT = 200;

    /** A role with less than this share of the lost space is no cause: backups or other containers may lie on the disk. */
    private static final double SHARE = 0.3;

    /** Share of the lost space that must be in files that belong to no role. */
    private static final double MOST = 0.5;

    /**
     * @param within how far back readings count
     * @param bytes that a role must have taken
     */
    private record Limit(Duration within, long bytes) {
        static Limit of(long freeBytes) {
            if (freeBytes >= NEARLY_FULL) {
                return new Limit(Duration.ofMinutes(2), 64L << 20);
            }
            return freeBytes >= LAST
                    ? new Limit(Duration.ofMinutes(2), 16L << 20)
                    : new Limit(Duration.ofMinutes(30), 1L << 20);
        }

        boolean isExceeded(long taken, long lost) {
            return taken >= bytes && taken >= lost * SHARE;
        }
    }

    private final Deque<DiskUse> readings = new ArrayDeque<>();

    void add(DiskUse reading) {
        if (!readings.isEmpty() && reading.at().isBefore(readings.getLast().at())) {
            clear(); // the clock was set back
        }
        readings.addLast(reading);
        if (readings.size() > MOST_KEPT) {
            readings.removeFirst();
        }
    }

    void clear() {
        readings.clear();
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
        Limit limit = Limit.of(now.freeBytes());
        DiskUse then = readings.stream()
                .filter(reading -> !reading.at().isBefore(now.at().minus(limit.within())))
                .max(Comparator.comparingLong(DiskUse::freeBytes))
                .orElse(now);
        long lost = then.freeBytes() - now.freeBytes();
        if (lost < limit.bytes()) {
            return Optional.empty();
        }
        Duration within = Duration.between(then.at(), now.at());
        Optional<DiskTaken> taken = ofGrowth(then, now)
                .filter(most -> limit.isExceeded(most.getValue(), lost))
                .or(() -> ofWriting(then, now, lost).filter(most -> limit.isExceeded(most.getValue(), lost)))
                .map(most -> new DiskTaken(
                        DiskTaken.Kind.FILES, most.getKey(), Math.min(most.getValue(), lost), within, now.freeBytes()));
        if (taken.isPresent()) {
            readings.clear();
            readings.add(now);
        }
        return taken;
    }

    /** A database that was not there before is no growth: a restore makes it. */
    private static Optional<Map.Entry<String, Long>> ofGrowth(DiskUse then, DiskUse now) {
        Map<String, Long> byRole = new HashMap<>();
        now.parts().forEach((part, bytes) -> {
            long before = then.parts().getOrDefault(part, part.database().isEmpty() ? 0L : bytes);
            byRole.merge(part.role(), bytes - before, Long::sum);
        });
        return byRole.entrySet().stream().max(Map.Entry.comparingByValue());
    }

    /** The log and the queue belong to nobody; who writes most while they grow has filled them. */
    private static Optional<Map.Entry<String, Long>> ofWriting(DiskUse then, DiskUse now, long lost) {
        if (now.commonBytes() - then.commonBytes() < lost * MOST) {
            return Optional.empty();
        }
        Map<String, Long> written = new HashMap<>(now.writtenByRole());
        written.replaceAll((role, bytes) -> bytes - then.writtenByRole().getOrDefault(role, 0L));
        long all = written.values().stream().mapToLong(Long::longValue).sum();
        return written.entrySet().stream()
                .max(Map.Entry.comparingByValue())
                .filter(most -> most.getValue() >= all * SHARE);
    }
}
