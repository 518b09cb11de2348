package org.pgsteward.journal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.sql.Connection;
import java.sql.SQLException;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import org.junit.jupiter.api.Test;
import org.pgsteward.model.BackupState;
import org.pgsteward.overview.ServiceHistoryReader;
import org.pgsteward.postgres.NeedsPostgres;
import org.pgsteward.postgres.Query;
import org.pgsteward.postgres.Server;
import org.pgsteward.postgres.ServerAddress;
import org.pgsteward.postgres.TestCluster;

/** The history of one service, read from real tables. */
@NeedsPostgres
class ServiceHistoryIT {
    private static final Instant NOW = Instant.parse("2026-03-31T12:00:00Z");
    private static final ZoneId BERLIN = ZoneId.of("Europe/Berlin");

    private final TestCluster cluster = TestCluster.shared();

    @Test
    void readsTheNewestRunsOfOneServiceWithAllTheirFigures() throws SQLException {
        String database = JournalDatabases.prepared(JournalDatabases.Before.THE_SEED);
        cluster.run(
                database,
                "INSERT INTO public.backup_log (service_name, backup_type, state, started_at, size_bytes, dump_seconds,"
                        + " verify_seconds, proof, image, error) VALUES"
                        + " ('wiki', 'dump', 'verified', '2026-03-31 02:00Z', 1000, 1.5, 2.25, 'file', 'wiki:2', NULL),"
                        + " ('wiki', 'dump', 'failed', '2026-03-30 02:00Z', NULL, 0.1, NULL, NULL, NULL,"
                        + " repeat('e', 3000)),"
                        + " ('other', 'dump', 'verified', '2026-03-31 02:00Z', 1, NULL, NULL, NULL, NULL, NULL)",
                "INSERT INTO public.service_configs (service_name, database_name, image)"
                        + " VALUES ('wiki', 'wiki', 'wiki:3')");

        ServiceHistory history = read(database, "wiki", NOW, ZoneOffset.UTC);
        assertThat(history.image()).contains("wiki:3");
        assertThat(history.runs()).hasSize(2);
        assertThat(history.runs().get(0))
                .isEqualTo(new ServiceHistory.Run(
                        Instant.parse("2026-03-31T02:00:00Z"),
                        "dump",
                        BackupState.VERIFIED,
                        true,
                        1000,
                        Optional.of(Duration.ofMillis(1500)),
                        Optional.of(Duration.ofMillis(2250)),
                        "wiki:2",
                        ""));
        assertThat(history.runs().get(1).state()).isEqualTo(BackupState.FAILED);
        assertThat(history.runs().get(1).error()).hasSize(2000);
        assertThat(read(database, "vikunja", NOW, ZoneOffset.UTC).runs())
                .as("rows of the init script have no start time")
                .isEmpty();
        assertThat(read(database, "'; DROP TABLE public.backup_log; --", NOW, ZoneOffset.UTC)
                        .runs())
                .isEmpty();
    }

    @Test
    void eachDayHasTheSizeOfItsNewestStoredBackup() throws SQLException {
        String database = JournalDatabases.prepared(JournalDatabases.Before.NOTHING);
        cluster.run(
                database,
                "INSERT INTO public.backup_log (service_name, backup_type, state, started_at, size_bytes) VALUES"
                        + " ('wiki', 'dump', 'expired', '2026-03-02 03:00+01', 1),"
                        + " ('wiki', 'dump', 'expired', '2026-03-01 23:59:59+01', 99),"
                        + " ('wiki', 'dump', 'verified', '2026-03-28 23:59:59+01', 2),"
                        + " ('wiki', 'dump', 'made', '2026-03-29 00:00+01', 3),"
                        + " ('wiki', 'dump', 'unverifiable', '2026-03-29 23:59:59+02', 4),"
                        + " ('wiki', 'dump', 'failed', '2026-03-30 03:00+02', 5),"
                        + " ('wiki', 'dump', 'running', '2026-03-31 03:00+02', 6),"
                        + " ('wiki', 'dump', 'verified', '2026-03-31 02:00+02', 7),"
                        + " ('late', 'dump', 'verified', '2027-01-01 02:00+02', 8)");

        List<OptionalLong> sizes = read(database, "wiki", NOW, BERLIN).sizes();
        assertThat(sizes).hasSize(30);
        assertThat(sizes.get(0)).hasValue(1);
        assertThat(sizes.get(26)).hasValue(2);
        assertThat(sizes.get(27)).as("the day of 23 hours").hasValue(4);
        assertThat(sizes.get(28)).as("day with a failed run only").isEmpty();
        assertThat(sizes.get(29)).hasValue(7);
        assertThat(sizes.subList(1, 26)).allMatch(OptionalLong::isEmpty);
        assertThat(read(database, "late", NOW, BERLIN).sizes().get(29))
                .as("a run in the future counts for today")
                .hasValue(8);
    }

    @Test
    void alertsAreThoseThatPgstewardRecorded() throws SQLException {
        String database = JournalDatabases.prepared(JournalDatabases.Before.NOTHING);
        JournalDatabases.Service service = JournalDatabases.service(database);
        cluster.run(
                database,
                "INSERT INTO public.user_activity (service_name, action, created_at, event_id) VALUES"
                        + " ('" + service.name() + "', 'alert firing: warning memory-high', '2026-03-30 01:00',"
                        + " gen_random_uuid()),"
                        + " ('" + service.name() + "', 'alert resolved: warning memory-high', '2026-03-30 02:00',"
                        + " gen_random_uuid()),"
                        + " ('" + service.name() + "', 'container start', '2026-03-30 03:00', gen_random_uuid()),"
                        + " ('other', 'alert firing: warning memory-high', '2026-03-30 04:00', gen_random_uuid())");
        JournalDatabases.rowsAs(
                service.role(),
                database,
                "SELECT public.log_user_activity('" + service.name()
                        + "', 'alert resolved: critical backup-failed', 'pgsteward', '10.0.0.1')");

        assertThat(read(database, service.name(), NOW, ZoneOffset.UTC).alerts())
                .containsExactly(
                        new ServiceHistory.AlertRow(
                                Instant.parse("2026-03-30T02:00:00Z"), "alert resolved: warning memory-high"),
                        new ServiceHistory.AlertRow(
                                Instant.parse("2026-03-30T01:00:00Z"), "alert firing: warning memory-high"));
    }

    @Test
    void yearsOfRowsAreReadByIndexAndWithinLimits() throws SQLException {
        String database = JournalDatabases.prepared(JournalDatabases.Before.NOTHING);
        cluster.run(
                database,
                "INSERT INTO public.backup_log (service_name, backup_type, state, started_at, size_bytes)"
                        + " SELECT 's' || s, 'dump', 'expired', timestamptz '2026-03-31 03:00Z' - d * interval '1 day', d"
                        + " FROM generate_series(1, 200) AS s, generate_series(0, 364) AS d",
                "INSERT INTO public.user_activity (service_name, action, created_at, event_id)"
                        + " SELECT 's' || s, CASE WHEN n % 10 = 0 THEN 'alert firing: warning memory-high' ELSE 'login' END,"
                        + " timestamp '2026-03-31 03:00' - n * interval '1 h', gen_random_uuid()"
                        + " FROM generate_series(1, 200) AS s, generate_series(1, 500) AS n",
                // A service may call this for itself, a thousand times an hour.
                "INSERT INTO public.user_activity (service_name, action, created_at)"
                        + " SELECT 's7', 'alert firing: critical forged', timestamp '2026-03-31' + n * interval '1 s'"
                        + " FROM generate_series(1, 50000) AS n",
                "ANALYZE public.backup_log, public.user_activity");

        ServiceHistory history = read(database, "s7", NOW, ZoneOffset.UTC);
        assertThat(history.runs()).hasSize(ServiceHistoryRows.MOST_RUNS);
        assertThat(history.alerts()).hasSize(ServiceHistoryRows.MOST_ALERTS);
        assertThat(history.sizes()).hasSize(30).allMatch(OptionalLong::isPresent);

        assertThat(plan(database, ServiceHistoryRows.RUNS))
                .contains("idx_backup_log_service_name_started_at")
                .doesNotContain("Seq Scan");
        assertThat(plan(database, ServiceHistoryRows.SIZES))
                .contains("idx_backup_log_service_name_started_at")
                .doesNotContain("Seq Scan");
        assertThat(plan(database, ServiceHistoryRows.ALERTS))
                .contains("idx_user_activity_alerts")
                .doesNotContain("Seq Scan");
    }

    @Test
    void aLockedTableEndsTheQueryAfterTwoSeconds() throws SQLException {
        String database = JournalDatabases.prepared(JournalDatabases.Before.NOTHING);
        ServiceHistoryReader reader = new ServiceHistoryReader(server(database), Clock.systemUTC(), ZoneOffset.UTC);
        assertThat(reader.read("wiki").runs()).isEmpty();
        try (Connection lock = server(database).connect(database)) {
            lock.setAutoCommit(false);
            Query.run(lock, "LOCK TABLE public.backup_log IN ACCESS EXCLUSIVE MODE");
            assertThatThrownBy(() -> reader.read("wiki"))
                    .isInstanceOf(SQLException.class)
                    .extracting(e -> ((SQLException) e).getSQLState())
                    .isEqualTo("57014");
        }
    }

    private Server server(String database) {
        ServerAddress address = cluster.server().address();
        return new Server(
                new ServerAddress(address.host(), address.port(), address.user(), address.password(), database));
    }

    private static ServiceHistory read(String database, String service, Instant now, ZoneId zone) throws SQLException {
        try (Connection connection = JournalDatabases.source(database).getConnection()) {
            return ServiceHistoryRows.read(connection, service, now, zone);
        }
    }

    private static String plan(String database, String sql) throws SQLException {
        String literal = sql.replaceFirst("\\?", "'s7'")
                .replaceFirst(
                        "\\?",
                        "ARRAY(SELECT timestamptz '2026-03-02Z' + n * interval '1 day' FROM"
                                + " generate_series(0, 29) AS n)")
                .replaceFirst(
                        "\\?",
                        "ARRAY(SELECT timestamptz '2026-03-03Z' + n * interval '1 day' FROM"
                                + " generate_series(0, 29) AS n)");
        return String.join("\n", JournalDatabases.rows(database, "EXPLAIN " + literal));
    }
}
