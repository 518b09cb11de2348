package org.pgsteward.monitor;

import java.sql.Connection;
import java.sql.SQLException;
import java.time.Clock;
import java.util.Map;
import java.util.Optional;
import java.util.function.Supplier;
import org.pgsteward.engine.DockerEngine;
import org.pgsteward.engine.EngineAway;
import org.pgsteward.postgres.NoConnection;
import org.pgsteward.postgres.Query;
import org.pgsteward.postgres.Server;

/**
 * Asks the managed PostgreSQL for a sign of life: a connection and one answer. Without an answer, it looks for a client
 * that keeps the others out.
 */
public final class PostgresProbe {
    private final Server server;
    private final Clock clock;
    private final Supplier<Optional<Crowd>> crowd;

    public PostgresProbe(Server server, Clock clock) {
        this(server, clock, Optional::empty);
    }

    private PostgresProbe(Server server, Clock clock, Supplier<Optional<Crowd>> crowd) {
        this.server = server;
        this.clock = clock;
        this.crowd = crowd;
    }

    /**
     * Returns a probe that finds the client with most of the connections when no other connection is possible.
     *
     * @param connections by address, as a session sees them that was connected before; empty for none
     * @param engine knows the containers of the addresses
     */
    public static PostgresProbe withCrowd(Server server, Clock clock, Connections connections, DockerEngine engine) {
        return new PostgresProbe(server, clock, () -> {
            try {
                Map<String, Integer> found = connections.byAddress();
                return Crowd.of(found, found.isEmpty() ? Map.of() : names(engine));
            } catch (SQLException e) {
                return Optional.empty();
            }
        });
    }

    /** The number of connections of each address. */
    @FunctionalInterface
    public interface Connections {
        Map<String, Integer> byAddress() throws SQLException;
    }

    private static Map<String, String> names(DockerEngine engine) {
        try {
            return engine.addresses();
        } catch (EngineAway e) {
            return Map.of();
        }
    }

    /**
     * Returns the answer. It takes as long as the connection's time-out at most, and in a command three times that.
     */
    public PostgresReading probe() {
        try (SchedulingDelay delay = SchedulingDelay.begin()) {
            return probe(delay);
        }
    }

    private PostgresReading probe(SchedulingDelay delay) {
        String where = server.address().where();
        try (Connection connection = server.connectToLook()) {
            Query.run(connection, "SELECT 1");
            return PostgresReading.answered(where, clock.instant());
        } catch (SQLException e) {
            String error = String.valueOf(e.getMessage());
            if (e instanceof NoConnection none && none.isRefused()) {
                return PostgresReading.refused(where, error, clock.instant());
            }
            PostgresReading silent =
                    PostgresReading.silent(where, error, clock.instant()).by(crowd.get());
            return e instanceof NoConnection none && none.isTimeout()
                    ? silent.on(new PostgresReading.Load(delay.total(), SchedulingDelay.pressure()))
                    : silent;
        }
    }
}
