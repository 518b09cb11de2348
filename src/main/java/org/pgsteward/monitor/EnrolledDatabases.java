package org.pgsteward.monitor;

import java.sql.SQLException;
import org.pgsteward.model.Activity;

/** The services of databases, as a part of a statement. A server without any enrolment has no table of them. */
final class EnrolledDatabases {
    private static final String UNDEFINED_TABLE = "42P01";
    private static final String UNDEFINED_COLUMN = "42703";

    /** The time of the last password change is read for the last hour only, which an index finds. */
    private static final String SERVICES = "(SELECT s.service_name, s.database_name, s.role_name, s.created_at,"
            + " (SELECT max(a.created_at) FROM public.user_activity AS a WHERE a.service_name = s.service_name"
            + " AND a.created_at > now() AT TIME ZONE 'UTC' - interval '1 hour'"
            + " AND a.action = '" + Activity.PASSWORD_SET + "') AS password_set_at FROM public.service_configs AS s)";

    private static final String NO_SERVICES = "(SELECT NULL::text AS service_name, NULL::text AS database_name,"
            + " NULL::text AS role_name, NULL::timestamp AS created_at, NULL::timestamp AS password_set_at WHERE false)";

    private EnrolledDatabases() {}

    @FunctionalInterface
    interface Reader<T> {
        T read(String services) throws SQLException;
    }

    /** Returns the result of {@code reader} with the table of services, or else without it. */
    static <T> T with(Reader<T> reader) throws SQLException {
        try {
            return reader.read(SERVICES);
        } catch (SQLException e) {
            if (!UNDEFINED_TABLE.equals(e.getSQLState()) && !UNDEFINED_COLUMN.equals(e.getSQLState())) {
                throw e;
            }
            return reader.read(NO_SERVICES);
        }
    }
}
