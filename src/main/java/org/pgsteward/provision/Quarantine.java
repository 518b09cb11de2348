package org.pgsteward.provision;

import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Clock;
import java.time.Duration;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.stream.Collectors;
import org.pgsteward.model.Refusal;
import org.pgsteward.model.Suggestions;
import org.pgsteward.postgres.Query;
import org.pgsteward.postgres.Quote;
import org.pgsteward.postgres.Server;
import org.pgsteward.postgres.SessionEnder;

/**
 * Removes a service in two steps that an operator takes one after the other. Quarantine disables the login and renames the
 * database, and loses no data; only a service in quarantine can be dropped.
 *
 * <p>The services of a container's further databases follow the service of its first database, which has the role. Alone,
 * such a service is renamed and dropped without a change to the role.
 */
public final class Quarantine {
    private static final DateTimeFormatter DAY =
            DateTimeFormatter.ofPattern("yyyyMMdd").withZone(ZoneOffset.UTC);

    /** How long a statement waits for a lock: until the sessions in the database are terminated. */
    private static final Duration LOCKS = Duration.ofSeconds(30);

    private static final String ROW = "SELECT service_name, database_name, COALESCE(role_name, ''), quarantined_from,"
            + " companion_of FROM public.service_configs WHERE ";

    private final Server server;
    private final Clock clock;

    public Quarantine(Server server, Clock clock) {
        this.server = server;
        this.clock = clock;
    }

    /**
     * A row of {@code service_configs}.
     *
     * @param before the database's name before quarantine; empty if the service is not in quarantine
     * @param companionOf the service whose role it shares, if it is a further database of its container
     */
    public record QuarantinedService(
            String service, String database, String role, Optional<String> before, Optional<String> companionOf) {
        private QuarantinedService now(String renamed, Optional<String> previous) {
            return new QuarantinedService(service, renamed, role, previous, companionOf);
        }

        public boolean isQuarantined() {
            return before.isPresent();
        }
    }

    /** @throws Refusal if there is no such service */
    public QuarantinedService find(String service) throws SQLException, Refusal {
        try (Connection connection = connect()) {
            return Query.first(connection, ROW + "service_name = ?", Quarantine::row, service)
                    .orElseThrow(() -> unknown(connection, service));
        }
    }

    /** Returns the services of the further databases of the service's container, by name. */
    public List<QuarantinedService> companions(QuarantinedService subject) throws SQLException {
        try (Connection connection = connect()) {
            return Query.list(
                    connection, ROW + "companion_of = ? ORDER BY service_name", Quarantine::row, subject.service());
        }
    }

    private static QuarantinedService row(ResultSet row) throws SQLException {
        return new QuarantinedService(
                row.getString(1),
                row.getString(2),
                row.getString(3),
                Optional.ofNullable(row.getString(4)),
                Optional.ofNullable(row.getString(5)));
    }

    private static Refusal unknown(Connection connection, String service) {
        String hint = "";
        try {
            hint = Suggestions.hint(
                    service,
                    Query.list(connection, "SELECT service_name FROM public.service_configs", row -> row.getString(1)));
        } catch (SQLException e) {
            // The refusal is right without the hint.
        }
        return new Refusal("cannot find service '" + service + "'; "
                + (hint.isEmpty() ? "'pgsteward status' lists the services" : hint));
    }

    /**
     * Disables the login of the service, ends its sessions, and renames its database. After a run that was killed, the next
     * run begins again.
     *
     * @return the service in quarantine
     * @throws Refusal if it is in quarantine already
     */
    public QuarantinedService begin(QuarantinedService subject) throws SQLException, Refusal {
        String before = subject.before().orElse(subject.database());
        boolean isRenamed = isRenamed(subject);
        List<QuarantinedService> left = companions(subject).stream()
                .filter(further -> !isRenamed(further))
                .toList();
        if (isRenamed && left.isEmpty()) {
            throw new Refusal("service '" + subject.service() + "' is already in quarantine; its database is "
                    + subject.database());
        }
        String renamed = "removed_" + DAY.format(clock.instant()) + "_"
                + UUID.randomUUID().toString().substring(0, 8);
        try (ManagementConnection management = new ManagementConnection(server, LOCKS);
                ManagementConnection.Turn turn = management.turn()) {
            ServiceObjects objects = objects(turn, subject);
            // The row first: from here on no claim of the service is granted.
            objects.updateRow(
                    "quarantined_at = COALESCE(quarantined_at, now()), quarantined_from = " + Quote.literal(before));
            // A session of the role may have locked its catalog row, and the role may log in again.
            if (subject.companionOf().isEmpty()) {
                try (SessionEnder sessions = SessionEnder.ofRole(server, subject.role())) {
                    sessions.start();
                    objects.disableLogin();
                }
            }
            if (!isRenamed) {
                objects.rename(before, renamed, "");
            }
        }
        for (QuarantinedService further : left) {
            begin(further);
        }
        return subject.now(isRenamed ? subject.database() : renamed, Optional.of(before));
    }

    private static boolean isRenamed(QuarantinedService subject) {
        return subject.before()
                .filter(before -> !before.equals(subject.database()))
                .isPresent();
    }

    /**
     * Reverses {@link #begin}.
     *
     * @throws Refusal if the service is not in quarantine, if its database does not exist any more, or if another database
     *     has its name
     */
    public QuarantinedService undo(QuarantinedService subject) throws SQLException, Refusal {
        String before = beforeOf(subject);
        if (subject.companionOf().isPresent()
                && find(subject.companionOf().get()).isQuarantined()) {
            throw new Refusal("cannot take service '" + subject.service() + "' out of quarantine: it shares the role of"
                    + " service '" + subject.companionOf().get()
                    + "', which is in quarantine; 'pgsteward remove --undo "
                    + subject.companionOf().get() + "' takes both out");
        }
        try (ManagementConnection management = new ManagementConnection(server, LOCKS);
                ManagementConnection.Turn turn = management.turn()) {
            ServiceObjects objects = objects(turn, subject);
            if (!objects.databaseExists(subject.database()) && !objects.databaseExists(before)) {
                throw new Refusal("cannot take service '" + subject.service() + "' out of quarantine: "
                        + (subject.database().equals(before)
                                ? "database " + before + " no longer exists"
                                : "databases " + subject.database() + " and " + before + " do not exist")
                        + "; 'pgsteward remove --drop " + subject.service() + "' deletes the remains, and"
                        + " 'pgsteward backups' lists its backups");
            }
            if (!subject.database().equals(before)
                    && objects.databaseExists(subject.database())
                    && objects.databaseExists(before)) {
                throw new Refusal(
                        "cannot take service '" + subject.service() + "' out of quarantine: another database has"
                                + " the name " + before + "; rename that database, or remove its service");
            }
            if (subject.companionOf().isEmpty()) {
                objects.enableLogin();
            }
            objects.rename(subject.database(), before, ", quarantined_at = NULL, quarantined_from = NULL");
        }
        for (QuarantinedService further : companions(subject)) {
            if (further.isQuarantined()) {
                undo(further);
            }
        }
        return subject.now(before, Optional.empty());
    }

    /**
     * Drops the database and the role, and deletes the row. Backups stay.
     *
     * @throws Refusal if the service is not in quarantine, or if its role owns another database or has an object or a
     *     privilege in one, such as one that a restore has kept; nothing is dropped then
     */
    public void drop(QuarantinedService subject) throws SQLException, Refusal {
        String before = beforeOf(subject);
        List<QuarantinedService> companions = companions(subject);
        refuseAny(subject, before, companions);
        for (QuarantinedService further : companions) {
            drop(further);
        }
        try (ManagementConnection management = new ManagementConnection(server, LOCKS);
                ManagementConnection.Turn turn = management.turn()) {
            ServiceObjects objects = objects(turn, subject);
            boolean hasRole = subject.companionOf().isEmpty();
            if (hasRole) {
                refuseElsewhere(subject, before, objects.elsewhere(subject.database()));
            }
            objects.dropDatabase(subject.database());
            if (hasRole) {
                objects.dropRole();
            }
            objects.deleteRow();
        }
    }

    /** Checks all databases before the first one is dropped. */
    private void refuseAny(QuarantinedService subject, String before, List<QuarantinedService> companions)
            throws SQLException, Refusal {
        if (companions.isEmpty()) {
            return;
        }
        for (QuarantinedService further : companions) {
            beforeOf(further);
        }
        Set<String> going =
                companions.stream().map(QuarantinedService::database).collect(Collectors.toSet());
        try (ManagementConnection management = new ManagementConnection(server, LOCKS);
                ManagementConnection.Turn turn = management.turn()) {
            List<String> elsewhere = objects(turn, subject).elsewhere(subject.database()).stream()
                    .filter(database -> !going.contains(database))
                    .toList();
            refuseElsewhere(subject, before, elsewhere);
        }
    }

    private static void refuseElsewhere(QuarantinedService subject, String before, List<String> elsewhere)
            throws Refusal {
        if (elsewhere.isEmpty()) {
            return;
        }
        List<String> kept = elsewhere.stream()
                .filter(database -> database.startsWith(before + "_before_"))
                .toList();
        String next = kept.size() == elsewhere.size()
                ? "if you no longer need the database that a restore kept, run: "
                        + kept.stream()
                                .map(database -> "DROP DATABASE " + Quote.identifier(database))
                                .collect(Collectors.joining("; "))
                : "in each, run REASSIGN OWNED BY " + Quote.identifier(subject.role())
                        + " TO CURRENT_USER; DROP OWNED BY " + Quote.identifier(subject.role());
        throw new Refusal("cannot delete service '" + subject.service() + "': its role " + subject.role()
                + " still owns objects or has privileges in " + String.join(", ", elsewhere) + "; " + next
                + ", and try again");
    }

    private static ServiceObjects objects(ManagementConnection.Turn turn, QuarantinedService subject) {
        return new ServiceObjects(turn, subject.service(), subject.role());
    }

    private static String beforeOf(QuarantinedService subject) throws Refusal {
        return subject.before()
                .orElseThrow(() -> new Refusal("service '" + subject.service()
                        + "' is not in quarantine; put it there with 'pgsteward remove " + subject.service() + "'"));
    }

    private Connection connect() throws SQLException {
        return server.connect(server.address().database());
    }
}
