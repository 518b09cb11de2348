package org.pgsteward.monitor;

import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Clock;
import java.time.Duration;
import org.pgsteward.postgres.NoConnection;
import org.pgsteward.postgres.Server;

/** Asks the managed PostgreSQL for a sign of life: a connection and one answer. */
public final class PostgresProbe {
    private final Server server;
    private final Clock clock;
    private final SchedulingDelay delay = new SchedulingDelay();

    public PostgresProbe(Server server, Clock clock) {
        this.server = server;
        this.clock = clock;
    }

    /** Returns the answer; it takes as long as the connection's time-out at most, in a command three times that. */
    public PostgresReading probe() {
        delay.begin();
        Duration before = delay.total();
        String where = server.address().where();
        try (Connection connection = server.connectToLook();
                Statement statement = connection.createStatement()) {
            statement.execute("SELECT 1");
            return PostgresReading.answered(where, clock.instant());
        } catch (SQLException e) {
            String error = String.valueOf(e.getMessage());
            if (e instanceof NoConnection none && none.isRefused()) {
                return PostgresReading.refused(where, error, clock.instant());
            }
            PostgresReading silent = PostgresReading.silent(where, error, clock.instant());
            return e instanceof NoConnection none && none.isTimeout()
                    ? silent.on(new PostgresReading.Load(delay.total().minus(before), SchedulingDelay.pressure()))
                    : silent;
        }
    }
}
