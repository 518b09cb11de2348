package org.pgsteward.monitor;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import org.pgsteward.postgres.Server;

/** How large each service's database is and how many sessions it has, in one statement. */
public final class DatabaseFigures {
    private static final String FIGURES = """
            SELECT sc.service_name,
                   pg_catalog.pg_database_size(d.oid),
                   (SELECT count(*) FROM pg_catalog.pg_stat_activity AS a
                     WHERE a.datid = d.oid
                       AND a.backend_type = 'client backend'
                       AND a.application_name <> 'pgsteward')
              FROM public.service_configs AS sc
              JOIN pg_catalog.pg_database AS d ON d.datname = sc.database_name
             ORDER BY 1
            """;

    private final Server server;

    public DatabaseFigures(Server server) {
        this.server = server;
    }

    /** One service's; our own sessions are not counted. */
    public record Figure(String service, long sizeBytes, long connections) {}

    /** @throws SQLException when PostgreSQL does not answer */
    public List<Figure> read() throws SQLException {
        try (Connection connection = server.connect(server.address().database())) {
            return read(connection);
        }
    }

    /** The same over a connection to the management database that is open already. */
    public static List<Figure> read(Connection connection) throws SQLException {
        List<Figure> figures = new ArrayList<>();
        try (PreparedStatement statement = connection.prepareStatement(FIGURES);
                ResultSet rows = statement.executeQuery()) {
            while (rows.next()) {
                figures.add(new Figure(rows.getString(1), rows.getLong(2), rows.getLong(3)));
            }
        }
        return figures;
    }
}
