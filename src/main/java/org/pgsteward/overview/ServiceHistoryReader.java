package org.pgsteward.overview;

import java.sql.Connection;
import java.sql.SQLException;
import java.time.Clock;
import java.time.ZoneId;
import org.pgsteward.journal.ServiceHistory;
import org.pgsteward.journal.ServiceHistoryRows;
import org.pgsteward.postgres.Query;
import org.pgsteward.postgres.Server;

/** Reader of the history of one service, with one connection to PostgreSQL and four limited statements. */
public final class ServiceHistoryReader {
    private static final int ANSWER_SECONDS = 5;

    private static final String LIMIT = "SET statement_timeout = '2s'";

    private final Server server;
    private final Clock clock;
    private final ZoneId zone;

    /** @param zone the time zone in which a day begins at midnight */
    public ServiceHistoryReader(Server server, Clock clock, ZoneId zone) {
        this.server = server;
        this.clock = clock;
        this.zone = zone;
    }

    /** @throws SQLException if PostgreSQL does not answer, or a statement takes longer than two seconds */
    public ServiceHistory read(String service) throws SQLException {
        try (Connection connection = server.connectForDaemon(ANSWER_SECONDS)) {
            Query.run(connection, LIMIT);
            return ServiceHistoryRows.read(connection, service, clock.instant(), zone);
        }
    }
}
