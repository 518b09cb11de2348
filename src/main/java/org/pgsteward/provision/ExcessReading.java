package org.pgsteward.provision;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.pgsteward.postgres.Quote;

/**
 * Finds settings, passwords, comments and rows of roles and services that exceed the sizes that pgsteward reads.
 * PostgreSQL measures them; pgsteward reads only the sizes.
 *
 * <p>A role may change any of its own settings, its own password and the comment of its own database. Each may have as
 * many megabytes as PostgreSQL takes. All of it is in the globals or in a dump.
 */
final class ExcessReading {
    /**
     * The limit in bytes for all settings of one role or database together, for a password's verifier, and for a
     * comment. It is well below the size that {@code Globals} leaves out of a verification and of a rebuild, since a
     * file of globals quotes its values.
     */
    static final int LARGEST = 32 * 1024;

    /**
     * The limit for a service's rows of {@code user_activity} within an hour. {@code log_user_activity} has the same
     * limit.
     */
    static final int ROWS_AN_HOUR = 1000;

    /** The size is defined in {@code SqlSplitter} and {@code Globals}. */
    private static final String LEFT_OUT = ". From 131072 bytes on, verification and restores leave it out";

    /** The maximum number of excesses of each sort that are reported. */
    private static final int NAMED = 20;

    /** The maximum length of a setting's name that is shown and pasted, in characters. */
    private static final int LONGEST_NAME = 200;

    private static final String SETTINGS = """
            SELECT COALESCE(r.rolname, ''), COALESCE(d.datname, ''), counted.bytes, counted.largest, counted.name
              FROM pg_catalog.pg_db_role_setting AS c
              LEFT JOIN pg_catalog.pg_roles AS r ON r.oid = c.setrole
              LEFT JOIN pg_catalog.pg_database AS d ON d.oid = c.setdatabase
             CROSS JOIN LATERAL (
                   SELECT sum(pg_catalog.octet_length(s.setting)) AS bytes,
                          max(pg_catalog.octet_length(s.setting)) AS largest,
                          (pg_catalog.array_agg(pg_catalog.left(pg_catalog.split_part(s.setting, '=', 1), %d)
                                     ORDER BY pg_catalog.octet_length(s.setting) DESC))[1] AS name
                     FROM pg_catalog.unnest(c.setconfig) AS s(setting)) AS counted
             WHERE counted.bytes > %d
             ORDER BY counted.bytes DESC
             LIMIT %d
            """.formatted(LONGEST_NAME, LARGEST, NAMED);

    private static final String VERIFIERS = """
            SELECT rolname, pg_catalog.octet_length(rolpassword)
              FROM pg_catalog.pg_authid
             WHERE pg_catalog.octet_length(rolpassword) > %d
             ORDER BY 2 DESC
             LIMIT %d
            """.formatted(LARGEST, NAMED);

    private static final String COMMENTS = """
            SELECT d.datname, pg_catalog.octet_length(c.description)
              FROM pg_catalog.pg_shdescription AS c
              JOIN pg_catalog.pg_database AS d ON d.oid = c.objoid
             WHERE c.classoid = 'pg_catalog.pg_database'::pg_catalog.regclass
               AND pg_catalog.octet_length(c.description) > %d
             ORDER BY 2 DESC
             LIMIT %d
            """.formatted(LARGEST, NAMED);

    /**
     * Counts all subjects. For subjects other than services, such as PostgreSQL's container, only pgsteward writes
     * rows.
     */
    private static final String ROWS = """
            SELECT service_name, count(*)
              FROM public.user_activity
             WHERE created_at > now() AT TIME ZONE 'UTC' - interval '1 hour'
             GROUP BY service_name
            HAVING count(*) >= %d
             ORDER BY 2 DESC
             LIMIT %d
            """.formatted(ROWS_AN_HOUR, NAMED);

    private ExcessReading() {}

    /**
     * Reads all excesses.
     *
     * @param management a connection of the administrator to the management database
     * @param journal whether the journal's tables exist
     */
    static List<Excess> of(Connection management, boolean journal) throws SQLException {
        List<Excess> excesses = new ArrayList<>();
        each(management, SETTINGS, row -> excesses.add(setting(row)));
        each(management, VERIFIERS, row -> {
            String role = row.getString(1);
            long bytes = row.getLong(2);
            excesses.add(new Excess(
                    role,
                    "",
                    "",
                    "the stored password of role " + role + " has " + bytes + " bytes; the limit is " + LARGEST
                            + LEFT_OUT,
                    "ALTER ROLE " + Quote.identifier(role) + " PASSWORD NULL",
                    figures(bytes)));
        });
        each(management, COMMENTS, row -> {
            String database = row.getString(1);
            long bytes = row.getLong(2);
            excesses.add(new Excess(
                    "",
                    database,
                    "",
                    "the comment on database " + database + " has " + bytes + " bytes; the limit is " + LARGEST
                            + LEFT_OUT,
                    "COMMENT ON DATABASE " + Quote.identifier(database) + " IS NULL",
                    figures(bytes)));
        });
        if (journal) {
            each(management, ROWS, row -> excesses.add(rows(row)));
        }
        return excesses;
    }

    private static Excess rows(ResultSet row) throws SQLException {
        String service = row.getString(1);
        long rows = row.getLong(2);
        return new Excess(
                "",
                "",
                service,
                "service " + service + " logged " + rows + " rows of activity within the last hour; the limit is "
                        + ROWS_AN_HOUR + ". Until the hour ends, further calls of log_user_activity write no rows",
                "SELECT action, user_identifier, count(*) FROM public.user_activity WHERE service_name = "
                        + Quote.literal(service)
                        + " AND created_at > now() AT TIME ZONE 'UTC' - interval '1 hour' GROUP BY 1, 2"
                        + " ORDER BY 3 DESC LIMIT 10",
                Map.of("rows", rows, "limit", ROWS_AN_HOUR));
    }

    private static Excess setting(ResultSet row) throws SQLException {
        String role = row.getString(1);
        String database = row.getString(2);
        long bytes = row.getLong(3);
        String name = row.getString(5);
        boolean one = row.getLong(4) * 2 > bytes && name.length() < LONGEST_NAME;
        String subject = Stream.of(
                        role.isEmpty() ? "" : "role " + role, database.isEmpty() ? "" : "database " + database)
                .filter(part -> !part.isEmpty())
                .collect(Collectors.joining(" in "));
        String settings = (one ? "setting " + Names.printable(name) : "the settings") + " of "
                + (subject.isEmpty() ? "all roles" : subject);
        return new Excess(
                role,
                database,
                "",
                settings + (one ? " has " : " have ") + bytes + " bytes; the limit is " + LARGEST + LEFT_OUT,
                altered(role, database) + " RESET "
                        + (one
                                ? Stream.of(name.split("\\."))
                                        .map(Quote::identifier)
                                        .collect(Collectors.joining("."))
                                : "ALL"),
                figures(bytes));
    }

    private static String altered(String role, String database) {
        if (role.isEmpty() && !database.isEmpty()) {
            return "ALTER DATABASE " + Quote.identifier(database);
        }
        return "ALTER ROLE " + (role.isEmpty() ? "ALL" : Quote.identifier(role))
                + (database.isEmpty() ? "" : " IN DATABASE " + Quote.identifier(database));
    }

    private static Map<String, Object> figures(long bytes) {
        return Map.of("bytes", bytes, "limit", LARGEST);
    }

    @FunctionalInterface
    private interface Row {
        void read(ResultSet row) throws SQLException;
    }

    private static void each(Connection management, String sql, Row row) throws SQLException {
        try (PreparedStatement statement = management.prepareStatement(sql);
                ResultSet rows = statement.executeQuery()) {
            while (rows.next()) {
                row.read(rows);
            }
        }
    }
}
