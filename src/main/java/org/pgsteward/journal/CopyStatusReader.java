package org.pgsteward.journal;

import java.sql.SQLException;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Supplier;
import java.util.stream.Collectors;

/** The state of all targets of copies, read at most twice a minute for the page and the metrics. Thread-safe. */
public final class CopyStatusReader {
    private static final Duration FRESH = Duration.ofSeconds(30);

    private final CopyStatusRows rows;
    private final Supplier<Set<String>> targets;
    private final Clock clock;
    private volatile List<CopyStatus> last = List.of();
    private Instant readAt = Instant.MIN;

    /** @param targets the names of the targets that are switched on */
    public CopyStatusReader(CopyStatusRows rows, Supplier<Set<String>> targets, Clock clock) {
        this.rows = rows;
        this.targets = targets;
        this.clock = clock;
    }

    /** Returns the last answer of PostgreSQL; empty before the first one. */
    public List<CopyStatus> last() {
        return last;
    }

    /**
     * Reads the state again if it is older than half a minute.
     *
     * @throws SQLException if PostgreSQL does not answer
     */
    public synchronized List<CopyStatus> read() throws SQLException {
        Instant now = clock.instant();
        if (readAt.equals(Instant.MIN) || Duration.between(readAt, now).abs().compareTo(FRESH) >= 0) {
            Set<String> known = new TreeSet<>(targets.get());
            Map<String, CopyStatus> found = known.isEmpty()
                    ? Map.of()
                    : rows.all(now).stream().collect(Collectors.toMap(CopyStatus::target, status -> status));
            last = known.stream()
                    .map(target -> found.getOrDefault(target, CopyStatus.none(target)))
                    .toList();
            readAt = now;
        }
        return last;
    }
}
