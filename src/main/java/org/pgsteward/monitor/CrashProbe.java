package org.pgsteward.monitor;

import java.io.UncheckedIOException;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import java.util.Optional;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.pgsteward.engine.ContainerLog;
import org.pgsteward.engine.DockerEngine;
import org.pgsteward.engine.EngineAway;
import org.pgsteward.postgres.ServerLog;
import org.pgsteward.postgres.guard.ServerCrash;
import org.pgsteward.postgres.guard.ServerGuard;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Finds the crashed process that made PostgreSQL end all sessions, in the log of its container. Safe for many threads.
 */
public final class CrashProbe {
    private static final Logger LOG = LoggerFactory.getLogger(CrashProbe.class);

    /**
     * The longest time from a crash to the restart of the processes. PostgreSQL first waits for all other sessions to
     * end.
     */
    private static final Duration BEFORE = Duration.ofMinutes(2);

    private final DockerEngine engine;
    private final Supplier<Map<Integer, ServerGuard.Client>> clients;
    private Instant asked = Instant.EPOCH;
    private @Nullable ServerProcessCrash last;

    /** @param clients the recently seen sessions, by the number of the process */
    public CrashProbe(DockerEngine engine, Supplier<Map<Integer, ServerGuard.Client>> clients) {
        this.engine = engine;
        this.clients = clients;
    }

    /**
     * Returns the cause of the last start of the server's processes; empty where the log has none. Reads the log once
     * for each start.
     *
     * @param container the server's container
     * @param started the start of the server; earlier lines of the log belong to an earlier run
     * @param recovered the time at which its processes were last started together
     * @param written the format of the server's log
     */
    public synchronized Optional<ServerProcessCrash> before(
            String container, Instant started, Instant recovered, ServerLog written) {
        if (recovered.equals(asked)) {
            return Optional.ofNullable(last);
        }
        try {
            Instant since = recovered.minus(BEFORE);
            last = first(container, since.isAfter(started) ? since : started, recovered, written.prefix())
                    .map(this::crash)
                    .orElse(null);
            asked = recovered;
        } catch (EngineAway | UncheckedIOException e) {
            // The next call reads the log again.
            LOG.debug("cannot read the log of container {}: {}", container, e.getMessage());
        }
        return Optional.ofNullable(last);
    }

    /**
     * Returns the role of the session that the kernel killed in a crash; empty if the log or the role is unknown, or if
     * the process was no session.
     */
    public Optional<String> killed(String container, ServerCrash crash) {
        try {
            return first(container, crash.after(), crash.recovered(), crash.logPrefix())
                    .filter(ended -> ended.end().startsWith(ServerProcessCrash.KILLED))
                    .map(ended -> clients.get().get(ended.pid()))
                    .filter(client -> !client.autovacuum())
                    .map(ServerGuard.Client::role);
        } catch (EngineAway | UncheckedIOException e) {
            LOG.debug("cannot read the log of container {}: {}", container, e.getMessage());
            return Optional.empty();
        }
    }

    /** Returns the first process that ended; PostgreSQL then ended all others. */
    private Optional<LogEvent.Ended> first(String container, Instant after, Instant recovered, String prefix) {
        Optional<LogLines> lines = LogLines.of(prefix);
        Optional<ContainerLog> log = engine.log(container, after);
        return lines.isEmpty() || log.isEmpty()
                ? Optional.empty()
                : log.get().lines().stream()
                        .filter(line -> line.at().isAfter(after) && line.at().isBefore(recovered.plusSeconds(1)))
                        .flatMap(line -> lines.get().read(line.at(), line.text()).stream())
                        .filter(LogEvent.Ended.class::isInstance)
                        .map(LogEvent.Ended.class::cast)
                        .findFirst();
    }

    private ServerProcessCrash crash(LogEvent.Ended ended) {
        ServerGuard.Client client = clients.get().get(ended.pid());
        if (client == null) {
            return new ServerProcessCrash(ended.pid(), ended.end(), "");
        }
        return new ServerProcessCrash(
                ended.pid(),
                client.killed() ? ServerProcessCrash.BY_US : ended.end(),
                (client.autovacuum() ? "autovacuum for role " : "role ") + LogLines.fit(client.role()) + " in database "
                        + LogLines.fit(client.database()));
    }
}
