package org.pgsteward.journal;

import java.sql.Connection;
import java.sql.SQLException;
import java.time.Instant;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import javax.sql.DataSource;
import org.pgsteward.model.Enrolment;
import org.pgsteward.postgres.Query;

/** Queries of {@code service_configs}, and of {@code user_activity} by service. */
public final class ServiceRows {
    private static final String ENROLMENTS = """
            SELECT service_name, database_name, COALESCE(role_name, ''), left(COALESCE(identity, ''), 1000),
                   left(COALESCE(container_id, ''), 200), left(COALESCE(image, ''), 1000),
                   left(COALESCE(image_id, ''), 200),
                   created_at AT TIME ZONE 'UTC', to_jsonb(s) ->> 'companion_of'
              FROM public.service_configs AS s
             ORDER BY service_name
            """;

    private static final String QUARANTINED =
            "SELECT service_name FROM public.service_configs WHERE quarantined_at IS NOT NULL";

    private static final String QUARANTINED_SINCE =
            "SELECT service_name, quarantined_at FROM public.service_configs WHERE quarantined_at IS NOT NULL";

    private static final String LAST_ACTIVITY =
            "SELECT max(created_at) AT TIME ZONE 'UTC' FROM public.user_activity WHERE service_name = ? AND action = ?";

    private static final String MARK_IDLE = """
            UPDATE public.service_configs
               SET idle_since = CASE WHEN service_name = ANY (?) THEN NULL ELSE ? END
             WHERE CASE WHEN service_name = ANY (?)
                        THEN idle_since IS NOT NULL
                        ELSE idle_since IS NULL AND quarantined_at IS NULL
                   END
            """;

    private static final String IDLE = """
            SELECT service_name, idle_since
              FROM public.service_configs
             WHERE idle_since IS NOT NULL AND quarantined_at IS NULL
             ORDER BY service_name
            """;

    private final DataSource source;

    ServiceRows(DataSource source) {
        this.source = source;
    }

    /** Returns every service that has a database. {@link Enrolment#at} is the time at which it got the database. */
    public List<Enrolment> enrolments() throws SQLException {
        return Query.list(
                source,
                ENROLMENTS,
                row -> new Enrolment(
                        row.getString(1),
                        row.getString(2),
                        row.getString(3),
                        row.getString(4),
                        row.getString(5),
                        row.getString(6),
                        row.getString(7),
                        Query.time(row, 8),
                        Optional.ofNullable(row.getString(9))));
    }

    /** Returns the services in quarantine, which can still be restored. */
    public Set<String> quarantined() throws SQLException {
        return new HashSet<>(Query.list(source, QUARANTINED, row -> row.getString(1)));
    }

    /**
     * Returns the time at which each quarantined service was put there, over a connection to the management database.
     */
    public static Map<String, Instant> quarantinedSince(Connection connection) throws SQLException {
        return Query.map(
                connection,
                QUARANTINED_SINCE,
                row -> row.getString(1),
                row -> Query.timeIfAny(row, 2).orElse(Instant.EPOCH));
    }

    /** Returns the time of a service's last {@code action}; empty if no row records one, or if the row was deleted. */
    public Optional<Instant> lastActivity(String service, String action) throws SQLException {
        return Query.first(source, LAST_ACTIVITY, row -> Query.timeIfAny(row, 1), service, action)
                .flatMap(at -> at);
    }

    /** A service without a container. */
    public record Idle(String service, Instant since) {}

    /**
     * Records since when services have had no container, and clears the record of services that have one again.
     *
     * @param present the services that have a container, running or not; an engine that did not answer is not an empty
     *     set
     * @return all idle services, by name. A quarantined service is expected to have no container: it is not returned,
     *     and its time stays as it is until it is present
     */
    public List<Idle> markIdle(Set<String> present, Instant now) throws SQLException {
        try (Connection connection = source.getConnection()) {
            Query.run(connection, MARK_IDLE, present, now, present);
            return Query.list(connection, IDLE, row -> new Idle(row.getString(1), Query.time(row, 2)));
        }
    }
}
