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

    /** Below this, whoever takes most is stopped. */
    static final long NEARLY_FULL = 64L << 20;

    private static final int MOST_KEPT = 200;

    /** A role with less than this share of the lost space is no cause: backups or other containers may lie on the disk. */
    private static final double SHARE = 0.3;

    /** Share of the lost space, and of all that is written, for what only the writing shows. */
    private static final double MOST = 0.5;

    /**
     * @param within how far back readings count
     * @param bytes that a role must have taken
     */
    private record Limit(Duration within, long bytes) {
        static Limit of(long freeBytes) {
            return freeBytes < NEARLY_FULL
                    ? new Limit(Duration.ofMinutes(30), 4L << 20)
                    : new Limit(Duration.ofMinutes(2), 64L << 20);
        }
    }

    private final Deque<DiskUse> readings = new ArrayDeque<>();

    void add(DiskUse reading) {
        if (!readings.isEmpty() && reading.at().isBefore(readings.getLast().at())) {
            readings.clear(); // the clock was set back
        }
        readings.addLast(reading);
        if (readings.size() > MOST_KEPT) {
            readings.removeFirst();
        }
    }

    /** Forgets all readings: what was taken before is counted. */
    void clear() {
        readings.clear();
    }

    /** Returns the role that takes the last space; empty while there is enough, or if no role takes much of it. */
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
        return ofGrowth(then, now)
                .filter(most -> most.getValue() >= limit.bytes() && most.getValue() >= lost * SHARE)
                .or(() -> ofWriting(then, now, lost).filter(most -> most.getValue() >= limit.bytes()))
                .map(most -> new DiskTaken(most.getKey(), Math.min(most.getValue(), lost), within, now.freeBytes()));
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
                .filter(most -> most.getValue() >= all * MOST);
    }
}
