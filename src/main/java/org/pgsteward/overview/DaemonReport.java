package org.pgsteward.overview;

import com.fasterxml.jackson.databind.ObjectMapper;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.pgsteward.alert.FailingReceiver;
import org.pgsteward.containers.Containers;
import org.pgsteward.containers.MemorySampler;
import org.pgsteward.engine.FeedTrouble;
import org.pgsteward.io.Repetition;
import org.pgsteward.model.Memory;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Report of the state that only the daemon knows, for commands. It is written at once after a change, and at least
 * every 30 s, so that commands see that the daemon runs.
 */
public final class DaemonReport implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(DaemonReport.class);
    private static final Duration BETWEEN_CHECKS = Duration.ofSeconds(3);
    private static final Duration BETWEEN_WRITES = Duration.ofSeconds(30);

    private final Sources sources;
    private final DaemonStatusFile file;
    private final Clock clock;
    private final Instant startedAt;
    private @Nullable Repetition repetition;
    private @Nullable DaemonStatus written;
    private boolean closed;

    /**
     * Sources of the report.
     *
     * @param feed reason why Docker's events may be missed
     * @param receivers names of all receivers
     */
    public record Sources(
            Containers containers,
            MemorySampler memory,
            Supplier<Optional<FeedTrouble>> feed,
            Supplier<List<FailingReceiver>> failing,
            Supplier<List<String>> receivers) {}

    /** @param stateDir {@code pgsteward.state.dir} */
    public DaemonReport(Sources sources, Path stateDir, ObjectMapper json, Clock clock) {
        this.sources = sources;
        this.file = new DaemonStatusFile(stateDir, json);
        this.clock = clock;
        this.startedAt = clock.instant();
    }

    /** Returns the last report of a daemon; empty if none has run with this state folder. */
    public static Optional<DaemonStatus> read(Path stateDir, ObjectMapper json) {
        return new DaemonStatusFile(stateDir, json).read();
    }

    /** Returns the daemon's current state. */
    public DaemonStatus now() {
        Map<String, Memory> memory = new TreeMap<>();
        sources.memory().last().forEach(reading -> memory.put(reading.service(), reading.memory()));
        Optional<FeedTrouble> trouble = sources.feed().get();
        return new DaemonStatus(
                clock.instant(),
                startedAt,
                false,
                trouble.map(FeedTrouble::since).orElse(null),
                trouble.map(FeedTrouble::why).orElse(""),
                sources.failing().get(),
                sources.containers().states(),
                memory,
                sources.receivers().get().isEmpty());
    }

    /** Starts the reports. */
    public synchronized void start() {
        repetition = Repetition.begin("the daemon's report", Duration.ZERO, BETWEEN_CHECKS, this::report);
    }

    private synchronized void report() {
        if (closed) {
            return;
        }
        try {
            DaemonStatus status = now();
            DaemonStatus before = written;
            if (before == null
                    || !status.says(before)
                    || !before.at().plus(BETWEEN_WRITES).isAfter(status.at())) {
                file.write(status);
                written = status;
            }
        } catch (RuntimeException trouble) {
            LOG.warn("cannot write the daemon's report: {}", trouble.toString());
        }
    }

    /** Ends the reports. The last one states that the daemon was stopped. */
    @Override
    public void close() {
        Repetition begun = ended();
        if (begun == null) {
            return;
        }
        begun.close();
        synchronized (this) {
            file.write((written == null ? now() : written).stoppedAt(clock.instant()));
        }
    }

    private synchronized @Nullable Repetition ended() {
        closed = true;
        return repetition;
    }
}
