package org.pgsteward.provision;

import java.sql.Connection;
import java.sql.SQLException;
import java.time.Clock;
import java.time.Duration;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.stream.Collectors;
import org.pgsteward.model.PostgresServer;
import org.pgsteward.model.Refusal;
import org.pgsteward.postgres.DatabaseRemoval;
import org.pgsteward.postgres.DatabaseRename;
import org.pgsteward.postgres.Query;
import org.pgsteward.postgres.Quote;
import org.pgsteward.postgres.Server;
import org.pgsteward.postgres.SessionEnder;

/**
 * Takes a service's database away in two steps that a person takes one after the other: into quarantine, where nobody
 * can log in and all is still there, and only from there for good.
 */
public final class Quarantine {
    private static final DateTimeFormatter DAY =
            DateTimeFormatter.ofPattern("yyyyMMdd").withZone(ZoneOffset.UTC);

    /**
     * Databases that a role owns, but for its own, and those in which it owns something or has rights, but for its own and
     * this one, from which it can be taken.
     */
    private static final String ELSEWHERE = """
            SELECT d.datname
              FROM pg_catalog.pg_shdepend AS s
              JOIN pg_catalog.pg_database AS d ON d.oid = s.dbid
              JOIN pg_catalog.pg_roles AS r ON r.oid = s.refobjid
             WHERE s.refclassid = 'pg_catalog.pg_authid'::pg_catalog.regclass AND r.rolname = ?
               AND d.datname NOT IN (?, pg_catalog.current_database())
            UNION
            SELECT d.datname
              FROM pg_catalog.pg_database AS d
              JOIN pg_catalog.pg_roles AS r ON r.oid = d.datdba
             WHERE r.rolname = ? AND d.datname <> ?
             ORDER BY 1
            """;

    /** Long enough to terminate the sessions in the database. */
    private static final Duration LOCKS = Duration.ofSeconds(30);

    private final Server server;
    private final Clock clock;

    public Quarantine(Server server, Clock clock) {
        this.server = server;
        this.clock = clock;
    }

    /**
     * A service as it stands in {@code service_configs}.
     *
     * @param before what its database was called before it was put into quarantine; empty when it is not there
     */
    public record Ward(String service, String database, String role, Optional<String> before) {
        public boolean isQuarantined() {
            return before.isPresent();
        }
    }

    /** @throws Refusal when there is no such service */
    public Ward find(String service) throws SQLException, Refusal {
        try (Connection connection = connect()) {
            return Query.first(
                            connection,
                            "SELECT database_name, COALESCE(role_name, ''), quarantined_from"
                                    + " FROM public.service_configs WHERE service_name = ?",
                            row -> new Ward(
                                    service, row.getString(1), row.getString(2), Optional.ofNullable(row.getString(3))),
                            service)
                    .orElseThrow(() -> new Refusal("there is no service '" + service
                            + "' in service_configs: 'pgsteward status' lists those that there are"));
        }
    }

    /**
     * Nobody logs in any more, sessions end, and the database gets a name under which no application looks for it. Killed
     * half-way it is begun again.
     *
     * @return the ward as it is now
     */
    public Ward begin(Ward ward) throws SQLException, Refusal {
        String before = ward.before().orElse(ward.database());
        if (ward.isQuarantined() && !ward.database().equals(before)) {
            throw new Refusal("service '" + ward.service() + "' is in quarantine already, its database is called "
                    + ward.database());
        }
        String renamed = "removed_" + DAY.format(clock.instant()) + "_"
                + UUID.randomUUID().toString().substring(0, 8);
        try (Management management = new Management(server, LOCKS);
                Management.Turn turn = management.turn()) {
            // The row first: from here on no container of the service is given anything.
            run(
                    turn,
                    "UPDATE public.service_configs SET quarantined_at = COALESCE(quarantined_at, now()),"
                            + " quarantined_from = " + Quote.literal(before) + whose(ward));
            // Sessions of the role may have locked its row of the catalog, and may come back.
            try (SessionEnder sessions = SessionEnder.ofRole(server, ward.role())) {
                sessions.start();
                logIn(turn, ward, false);
            }
            rename(turn, ward, before, renamed, "");
        }
        return new Ward(ward.service(), renamed, ward.role(), Optional.of(before));
    }

    /**
     * Takes back what {@link #begin} did.
     *
     * @throws Refusal when it is not in quarantine, when its database is not there any more, or when another has its name
     */
    public Ward undo(Ward ward) throws SQLException, Refusal {
        String before = beforeOf(ward);
        try (Management management = new Management(server, LOCKS);
                Management.Turn turn = management.turn()) {
            if (!exists(turn, ward.database()) && !exists(turn, before)) {
                throw new Refusal("service '" + ward.service() + "' cannot have its database back, since there is none"
                        + " that is called " + (ward.database().equals(before) ? "" : ward.database() + " or ") + before
                        + " any more: 'pgsteward remove --drop " + ward.service() + "' deletes what is left of it, and"
                        + " 'pgsteward backups' says what it can be restored from");
            }
            if (!ward.database().equals(before) && exists(turn, ward.database()) && exists(turn, before)) {
                throw new Refusal("service '" + ward.service() + "' cannot have its database back, since another is"
                        + " called " + before + " by now: rename that one, or remove the service that it is of");
            }
            logIn(turn, ward, true);
            rename(turn, ward, ward.database(), before, ", quarantined_at = NULL, quarantined_from = NULL");
        }
        return new Ward(ward.service(), before, ward.role(), Optional.empty());
    }

    /**
     * For good: the database, its role, and the row. Backups stay.
     *
     * @throws Refusal when it is not in quarantine, or its role owns another database or has something in one, such as one
     *     that a restore has kept; nothing is deleted then
     */
    public void drop(Ward ward) throws SQLException, Refusal {
        String before = beforeOf(ward);
        try (Management management = new Management(server, LOCKS);
                Management.Turn turn = management.turn()) {
            refuseElsewhere(turn, ward, before);
            dropDatabase(turn, ward.database());
            dropRole(turn, ward);
            run(turn, "DELETE FROM public.service_configs" + whose(ward));
        }
    }

    /** The provisioning of all services waits for this turn. */
    private static void dropDatabase(Management.Turn turn, String database) throws SQLException, Refusal {
        try {
            DatabaseRemoval.drop(turn.connection(), database, DatabaseRemoval.LONGEST);
        } catch (SQLException e) {
            if (DatabaseRemoval.tookTooLong(e)) {
                throw new Refusal(
                        "database " + database + " is closed and not deleted yet: a session of some service runs a"
                                + " statement that PostgreSQL cannot interrupt, and DROP DATABASE waits for it; try again later, or"
                                + " find the session in pg_stat_activity");
            }
            throw e;
        }
    }

    private static void refuseElsewhere(Management.Turn turn, Ward ward, String before) throws SQLException, Refusal {
        List<String> elsewhere = Query.list(
                turn.connection(),
                ELSEWHERE,
                row -> row.getString(1),
                ward.role(),
                ward.database(),
                ward.role(),
                ward.database());
        List<String> kept = elsewhere.stream()
                .filter(database -> database.startsWith(before + "_before_"))
                .toList();
        if (!elsewhere.isEmpty()) {
            String next = kept.size() == elsewhere.size()
                    ? "a restore kept what was there before; if nobody needs it, delete it by: "
                            + kept.stream()
                                    .map(database -> "DROP DATABASE " + Quote.identifier(database))
                                    .collect(Collectors.joining("; "))
                    : "in each, REASSIGN OWNED BY " + Quote.identifier(ward.role()) + " and DROP OWNED BY it";
            throw new Refusal("service '" + ward.service() + "' is not deleted, since its role " + ward.role()
                    + " still has something in " + String.join(", ", elsewhere) + ": " + next + ", and try again");
        }
    }

    private void dropRole(Management.Turn turn, Ward ward) throws SQLException {
        if (ward.role().isEmpty()) {
            return;
        }
        String role = Quote.identifier(ward.role());
        Optional<String> present = ask(turn, "SELECT rolname FROM pg_catalog.pg_roles WHERE rolname = ?", ward.role());
        if (present.isPresent()) {
            // Its rights in this database; there is no other in which it has any.
            run(turn, "DROP OWNED BY " + role + "; DROP ROLE " + role);
        }
    }

    private static String beforeOf(Ward ward) throws Refusal {
        return ward.before()
                .orElseThrow(() -> new Refusal("service '" + ward.service()
                        + "' is not in quarantine: 'pgsteward remove " + ward.service() + "' puts it there"));
    }

    private static void logIn(Management.Turn turn, Ward ward, boolean allowed) throws SQLException {
        if (!ward.role().isEmpty()
                && ask(turn, "SELECT rolname FROM pg_catalog.pg_roles WHERE rolname = ?", ward.role())
                        .isPresent()) {
            run(turn, "ALTER ROLE " + Quote.identifier(ward.role()) + (allowed ? " LOGIN" : " NOLOGIN"));
            if (allowed) {
                // Ends a shut-out too.
                run(
                        turn,
                        "DO $$ BEGIN IF (SELECT rolconnlimit = 0 FROM pg_catalog.pg_roles WHERE rolname = "
                                + Quote.literal(ward.role()) + ") THEN ALTER ROLE " + Quote.identifier(ward.role())
                                + " CONNECTION LIMIT " + PostgresServer.ROLE_CONNECTIONS + "; END IF; END $$");
            }
        }
    }

    /** @param alsoSet more columns of the row, changed in the same moment as the name */
    private static void rename(Management.Turn turn, Ward ward, String from, String to, String alsoSet)
            throws SQLException {
        String row = "UPDATE public.service_configs SET database_name = " + Quote.literal(to)
                + ", updated_at = now() AT TIME ZONE 'UTC'" + alsoSet + whose(ward);
        if (!exists(turn, from)) {
            run(turn, row);
            return;
        }
        if (from.equals(to)) {
            // Whoever began it may have been killed between closing it and renaming it.
            run(turn, "ALTER DATABASE " + Quote.identifier(to) + " ALLOW_CONNECTIONS true; " + row);
            return;
        }
        run(turn, "ALTER DATABASE " + Quote.identifier(from) + " ALLOW_CONNECTIONS false");
        ask(
                turn,
                "SELECT count(pg_catalog.pg_terminate_backend(pid, 5000))::text FROM pg_catalog.pg_stat_activity"
                        + " WHERE datname = ?",
                from);
        // Opened again: the service cannot log in, and dumps go on as the administrator.
        try {
            DatabaseRename.run(
                    turn.connection(),
                    from,
                    to,
                    "ALTER DATABASE " + Quote.identifier(to) + " ALLOW_CONNECTIONS true; " + row);
        } catch (SQLException e) {
            reopen(turn, from, e);
            throw e;
        }
    }

    private static void reopen(Management.Turn turn, String database, SQLException failure) {
        try {
            run(turn, "ALTER DATABASE " + Quote.identifier(database) + " ALLOW_CONNECTIONS true");
        } catch (SQLException e) {
            failure.addSuppressed(e);
        }
    }

    private static boolean exists(Management.Turn turn, String database) throws SQLException {
        return ask(turn, "SELECT datname FROM pg_catalog.pg_database WHERE datname = ?", database)
                .isPresent();
    }

    private static String whose(Ward ward) {
        return " WHERE service_name = " + Quote.literal(ward.service());
    }

    private static Optional<String> ask(Management.Turn turn, String sql, String name) throws SQLException {
        return Query.first(turn.connection(), sql, row -> Optional.ofNullable(row.getString(1)), name)
                .flatMap(answer -> answer);
    }

    private static void run(Management.Turn turn, String sql) throws SQLException {
        Query.run(turn.connection(), sql);
    }

    private Connection connect() throws SQLException {
        return server.connect(server.address().database());
    }
}
