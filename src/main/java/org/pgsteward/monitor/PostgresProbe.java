package org.pgsteward.monitor;

import java.sql.SQLException;
import java.time.Clock;
import org.pgsteward.postgres.NoConnection;
import org.pgsteward.postgres.Server;

/** Asks the managed PostgreSQL for a sign of life: a connection and one answer. */
public final class PostgresProbe {
    private final Server server;
    private final Clock clock;

    public PostgresProbe(Server server, Clock clock) {
        this.server = server;
        this.clock = clock;
    }

    /** What it answered; it takes as long as the connection's time-out at most. */
    public PostgresReading probe() {
        String where = server.address().where();
        try {
            server.ask("SELECT 1");
            return PostgresReading.answered(where, clock.instant());
        } catch (SQLException e) {
            if (e instanceof NoConnection none && none.isRefused()) {
                return PostgresReading.refused(where, String.valueOf(e.getMessage()), clock.instant());
            }
            return PostgresReading.silent(where, String.valueOf(e.getMessage()), clock.instant());
        }
    }
}
