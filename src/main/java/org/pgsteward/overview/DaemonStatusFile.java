package org.pgsteward.overview;

import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import org.pgsteward.alert.FailingReceiver;
import org.pgsteward.containers.ServiceState;
import org.pgsteward.io.AtomicFile;
import org.pgsteward.io.BoundedFile;
import org.pgsteward.model.Memory;
import org.pgsteward.model.Severity;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The daemon's report in {@code <state.dir>/daemon.json}. If the file is damaged or cannot be written, only the report
 * is lost.
 */
final class DaemonStatusFile {
    /**
     * Size limit of the report, in bytes. A report of 1,000 containers has half a million; only pgsteward writes the
     * state folder.
     */
    private static final int MOST_BYTES = 8 * 1024 * 1024;

    private static final Logger LOG = LoggerFactory.getLogger(DaemonStatusFile.class);

    private final Path file;
    private final ObjectMapper json;

    /** @param stateDir {@code pgsteward.state.dir} */
    DaemonStatusFile(Path stateDir, ObjectMapper json) {
        this.file = stateDir.resolve("daemon.json");
        this.json = json;
    }

    /** The report in the form of the file, whose keys stay: a command of another version may read it. */
    private record Page(
            Instant at,
            Instant startedAt,
            boolean stopped,
            @JsonProperty("deafSince") @Nullable Instant staleSince,
            @JsonProperty("deafWhy") String staleReason,
            List<FailingReceiver> failing,
            Map<String, State> containers,
            Map<String, Memory> memory,
            @Nullable Boolean hasNoReceiver) {
        Page {
            Objects.requireNonNull(at);
            Objects.requireNonNull(startedAt);
            Objects.requireNonNull(staleReason);
            Objects.requireNonNull(failing);
            Objects.requireNonNull(containers);
            Objects.requireNonNull(memory);
        }
    }

    private record State(
            String word, boolean runs, @Nullable Severity severity, String reason) {
        static State of(ServiceState state) {
            return new State(state.word(), state.runs(), state.severity().orElse(null), state.reason());
        }

        ServiceState state() {
            return new ServiceState(word, runs, Optional.ofNullable(severity), reason);
        }
    }

    void write(DaemonStatus status) {
        Map<String, State> containers = new TreeMap<>();
        status.containers().forEach((service, state) -> containers.put(service, State.of(state)));
        Page page = new Page(
                status.at(),
                status.startedAt(),
                status.stopped(),
                status.staleSince(),
                status.staleReason(),
                status.failing(),
                containers,
                status.memory(),
                status.hasNoReceiver());
        try {
            AtomicFile.writeUnsynced(file, json.writeValueAsBytes(page), AtomicFile.PRIVATE);
        } catch (IOException refused) {
            LOG.debug("cannot write the daemon's report: {}", refused.toString());
        }
    }

    /** Returns the report; empty if no daemon has run with this state folder. */
    Optional<DaemonStatus> read() {
        try {
            Page page = json.readValue(BoundedFile.bytes(file, MOST_BYTES), Page.class);
            Map<String, ServiceState> containers = new TreeMap<>();
            page.containers().forEach((service, state) -> containers.put(service, state.state()));
            return Optional.of(new DaemonStatus(
                    page.at(),
                    page.startedAt(),
                    page.stopped(),
                    page.staleSince(),
                    page.staleReason(),
                    page.failing(),
                    containers,
                    page.memory(),
                    Boolean.TRUE.equals(page.hasNoReceiver())));
        } catch (NoSuchFileException never) {
            return Optional.empty();
        } catch (JsonProcessingException torn) {
            LOG.debug("cannot parse the daemon's report: {}", torn.toString());
            return Optional.empty();
        } catch (IOException refused) {
            LOG.debug("cannot read the daemon's report: {}", refused.toString());
            return Optional.empty();
        }
    }
}
