package org.pgsteward.monitor;

import java.sql.Connection;
import java.sql.SQLException;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import org.pgsteward.model.Console;
import org.pgsteward.postgres.Server;

/**
 * Reads the state of PostgreSQL and its databases over one connection, with the same few statements for any number of
 * services. Remembers the time of each database's last session, since an application that connects for each request is
 * seldom seen.
 */
public final class DatabaseProbe {
    private final Server server;
    private final Clock clock;
    private final Duration open;
    private final Instant since;
    private final Map<String, Instant> lastSession = new ConcurrentHashMap<>();

    public DatabaseProbe(Server server, Clock clock) {
        this(server, clock, Duration.ofMinutes(1));
    }

    /** @param open the age from which open transactions are read */
    DatabaseProbe(Server server, Clock clock, Duration open) {
        this.server = server;
        this.clock = clock;
        this.open = open;
        this.since = clock.instant();
    }

    /**
     * Facts about the server that only Docker and the alerts know.
     *
     * @param container its container's name
     * @param limitBytes its memory limit; 0 where there is none, empty while no container is known
     * @param lastOrder the time of the last order to stop or create it
     * @param restarts the figures of the alert that reports restarts; empty where none fires
     */
    public record Host(
            String container, Optional<Long> limitBytes, Optional<Instant> lastOrder, Map<String, Object> restarts) {}

    /**
     * Reads the server and its databases.
     *
     * @throws SQLException if PostgreSQL does not answer
     */
    public DatabaseObservation read(Host host) throws SQLException {
        try (Connection connection = server.connectToLook()) {
            Instant at = clock.instant();
            ServerQuestions servers = new ServerQuestions(connection);
            DatabaseObservation.Server facts = servers.server(host);
            DatabaseQuestions asking = new DatabaseQuestions(connection, at, since, lastSession);
            List<DatabaseObservation.Database> databases = EnrolledDatabases.with(asking::databases);
            SessionQuestions sessions = new SessionQuestions(connection, at, open, asking::service);
            return new DatabaseObservation(
                    at,
                    new Console(
                            host.container(),
                            server.address().user(),
                            server.address().database()),
                    facts,
                    databases,
                    sessions.transactions(),
                    sessions.waits(),
                    asking.queries(servers.statements()),
                    sessions.present(),
                    servers.upkeep().upkeep(asking::service));
        }
    }
}
