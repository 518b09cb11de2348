package org.pgsteward.monitor;

import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.pgsteward.model.PostgresServer;

/** The share of the server's connections in use. Without a free connection, PostgreSQL refuses every service. */
final class ConnectionsRule extends MetricRule<DatabaseObservation> {
    private static final int NAMED = 3;

    ConnectionsRule() {
        super("connections-near-maximum", Unit.PERCENT);
    }

    @Override
    List<Finding> look(DatabaseObservation now, List<DatabaseObservation> past) {
        DatabaseObservation.Server server = now.server();
        int room = Math.max(1, server.maxConnections() - server.reservedConnections());
        double percent = 100.0 * server.sessions() / room;
        String most = now.databases().stream()
                .filter(database -> database.sessions() > 0)
                .sorted(Comparator.comparingInt(DatabaseObservation.Database::sessions)
                        .reversed())
                .limit(NAMED)
                .map(database -> database.service() + " " + database.sessions())
                .collect(Collectors.joining(", "));
        String says = server.sessions() + " of " + room + " connections in use (" + Unit.PERCENT.words(percent) + ")"
                + (most.isEmpty() ? "" : "; most: " + most);
        String remedy = now.console()
                        .psql("SELECT datname, usename, state, count(*) FROM pg_stat_activity"
                                + " WHERE backend_type = 'client backend' GROUP BY 1, 2, 3 ORDER BY 4 DESC")
                + "\n# Reduce the connection pool of the service with the most, or end sessions that are idle for an hour:\n"
                + now.console()
                        .psql("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE state = 'idle'"
                                + " AND state_change < now() - interval '1 hour'");
        return List.of(new Finding(
                PostgresServer.SERVICE,
                percent,
                says,
                remedy,
                Map.of(
                        "sessions", server.sessions(),
                        "room", room,
                        "maxConnections", server.maxConnections())));
    }
}
