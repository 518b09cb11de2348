package org.pgsteward.app;

import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.pgsteward.config.Settings;
import org.pgsteward.config.WebConfig;
import org.pgsteward.overview.Standby;
import org.pgsteward.postgres.DaemonLock;
import org.pgsteward.postgres.Server;
import org.pgsteward.postgres.UnprivilegedUser;
import org.pgsteward.web.HttpServer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Supervisor of the daemon. The daemon runs while this process holds the lock on PostgreSQL. While another process
 * holds it, this one stands by.
 */
public final class Supervisor implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(Supervisor.class);
    private static final Duration BETWEEN_CHECKS = Duration.ofSeconds(2);

    /**
     * While the lock is held, only the loss of its session matters. The pause ends at once if PostgreSQL ends the session. Only the
     * next check notices a lost network.
     */
    private static final Duration BETWEEN_CHECKS_WHILE_HELD = Duration.ofSeconds(10);

    /** A stop may wait for this time, after its work. */
    private static final Duration LISTENS = Duration.ofSeconds(1);

    private final Settings settings;

    /** The checked settings for the first work; each later work gets its own. */
    private @Nullable Foundation first;

    private final DaemonLock lock;
    private final Clock clock;
    private final CountDownLatch stopping = new CountDownLatch(1);
    private @Nullable Daemon daemon;
    private @Nullable HttpServer standbyServer;
    private volatile @Nullable Standby standby;
    private volatile StandbyRule.Role role = StandbyRule.Role.STARTING;
    private volatile Instant reconnectedAt = Instant.EPOCH;
    private boolean connected;

    /** @throws IOException if a setting is wrong, or a folder cannot be created */
    public Supervisor(Settings settings) throws IOException {
        this.settings = settings;
        Foundation checked =
                new Foundation(settings, AccessMode.WORK, UnprivilegedUser.ofThisProcess(), Clock.systemUTC());
        this.first = checked;
        this.clock = checked.clock;
        Server server = new PostgresFactory(checked).server;
        server.daemon();
        this.lock = new DaemonLock(server, hostName());
    }

    /** Returns the host name. In a container it is, by default, the container's short id. */
    private static String hostName() {
        String name = System.getenv().getOrDefault("HOSTNAME", "");
        try {
            return name.isEmpty() ? InetAddress.getLocalHost().getHostName() : name;
        } catch (UnknownHostException e) {
            return "unknown";
        }
    }

    /**
     * Works or stands by until {@link #close}.
     *
     * @throws IllegalArgumentException if the route files are wrong, with file and line
     * @throws IOException if the port is taken
     */
    public void run() throws IOException, InterruptedException {
        boolean held;
        do {
            // Checks before it takes the monitor: the check lasts as long as PostgreSQL takes to answer.
            DaemonLock.Check check = lock.check(StandbyRule.take(role, reconnectedAt, clock.instant()));
            apply(check);
            held = check.state() == DaemonLock.State.HELD;
        } while (!isStoppedAfter(held ? BETWEEN_CHECKS_WHILE_HELD : BETWEEN_CHECKS));
    }

    /** Waits, but returns at once if PostgreSQL ends the session of the lock, as a crash of it does. */
    private boolean isStoppedAfter(Duration pause) throws InterruptedException {
        long end = System.nanoTime() + pause.toNanos();
        for (Duration left = pause; left.toMillis() > 0; left = Duration.ofNanos(end - System.nanoTime())) {
            if (!lock.isConnected()) {
                return stopping.await(left.toMillis(), TimeUnit.MILLISECONDS);
            }
            boolean ended = lock.endsWithin(left.compareTo(LISTENS) < 0 ? left : LISTENS);
            if (stopping.getCount() == 0) {
                return true;
            }
            if (ended) {
                sessionEnded();
                return false;
            }
        }
        return false;
    }

    private synchronized void sessionEnded() {
        if (daemon != null) {
            daemon.sessionEnded();
        }
    }

    private synchronized void apply(DaemonLock.Check standing) throws IOException {
        if (stopping.getCount() == 0) {
            return;
        }
        Instant now = clock.instant();
        if (standing.reconnected() && connected) {
            reconnectedAt = now;
        }
        connected |= standing.state() != DaemonLock.State.UNKNOWN;
        StandbyRule.Role next = StandbyRule.next(role, standing);
        if (next == StandbyRule.Role.STANDING_BY) {
            standBy(standing, now);
        } else if (next == StandbyRule.Role.WORKING && role != StandbyRule.Role.WORKING) {
            if (standing.state() == DaemonLock.State.TAKEN) {
                LOG.error(
                        "a session of a service holds pgsteward's lock, and PostgreSQL does not terminate it. This daemon"
                                + " works without the lock; check pg_locks in the management database, and restart PostgreSQL");
            }
            work();
        }
        role = next;
    }

    private void standBy(DaemonLock.Check standing, Instant now) throws IOException {
        Standby before = standby;
        Optional<DaemonLock.Session> other =
                standing.other().or(() -> before == null ? Optional.empty() : before.other());
        Standby current = new Standby(before == null ? now : before.since(), other, standing.trouble());
        standby = current;
        if (role == StandbyRule.Role.STANDING_BY) {
            return;
        }
        if (role == StandbyRule.Role.WORKING) {
            LOG.error("another daemon has taken pgsteward's lock on PostgreSQL; this one stops its work");
            stopWork();
        }
        LOG.warn("{}", current.words());
        WebConfig web = WebConfig.of(settings);
        standbyServer = HttpServer.standby(
                new InetSocketAddress(web.host(), web.port()),
                () -> Optional.ofNullable(standby).orElse(current));
    }

    private void work() throws IOException {
        if (standbyServer != null) {
            LOG.info("the other daemon has ended; this one starts its work");
            standbyServer.close();
            standbyServer = null;
        }
        standby = null;
        // Built now, not at process start: alerts and waiting notifications must be read from the current state folder.
        Foundation checked = first;
        first = null;
        Daemon started = (checked == null ? new Wiring(settings) : new Wiring(checked)).daemon();
        daemon = started;
        started.start();
        LOG.info(
                "at work after {} ms; status page on port {}",
                ManagementFactory.getRuntimeMXBean().getUptime(),
                started.httpPort());
    }

    private void stopWork() {
        if (daemon != null) {
            daemon.close();
            daemon = null;
        }
    }

    /** Ends the work, and releases the lock after all work has ended. */
    @Override
    public void close() {
        stopping.countDown();
        synchronized (this) {
            stopWork();
            if (standbyServer != null) {
                standbyServer.close();
                standbyServer = null;
            }
            lock.close();
        }
    }
}
