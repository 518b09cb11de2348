package org.pgsteward.journal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.tuple;

import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.pgsteward.model.BackupKind;
import org.pgsteward.model.Enrolment;
import org.pgsteward.postgres.NeedsPostgres;
import org.pgsteward.postgres.TestCluster;

/** pgsteward reads its own rows: runs, enrolments, and idle services. */
@NeedsPostgres
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class StoredRowsIT {
    private static final Instant NIGHT = Instant.parse("2026-03-01T03:00:00Z");

    private final TestCluster cluster = TestCluster.shared();

    /** Other programs may write into these tables. pgsteward must not hold megabytes of one row in memory. */
    @Test
    void textsOfAnyLengthAreReadInPart() throws SQLException {
        String database = JournalDatabases.prepared(JournalDatabases.Before.NOTHING);
        cluster.run(
                database,
                "INSERT INTO public.backup_log (service_name, backup_type, backup_id, state, started_at, event_id, error)"
                        + " VALUES ('long', 'dump', 'i', 'failed', now(), gen_random_uuid(), repeat('e', 5000000))");
        Tables tables = new Tables(JournalDatabases.source(database));
        assertThat(tables.history().newest())
                .hasEntrySatisfying(
                        HistoryRows.key("long", "dump"),
                        newest -> assertThat(newest.error()).hasSize(2000));
        assertThat(tables.runs()
                        .newestRun("long", "long", BackupKind.DUMP)
                        .orElseThrow()
                        .error())
                .hasSize(2000);
    }

    /** For example, a host starts with a clock in 2031 until the network corrects it. */
    @Test
    void verifiedRunWithAFutureTimeDoesNotCount() throws SQLException {
        String database = JournalDatabases.prepared(JournalDatabases.Before.NOTHING);
        BackupRows rows = new BackupRows(JournalDatabases.source(database));
        cluster.run(
                database,
                "INSERT INTO public.backup_log (service_name, backup_type, state, started_at) VALUES"
                        + " ('clock', 'dump', 'verified', '2026-02-28 03:00Z'),"
                        + " ('clock', 'dump', 'verified', '2031-03-01 03:00Z'),"
                        + " ('young', 'dump', 'verified', '2031-03-01 03:00Z')");

        Map<String, BackupRows.VerificationTimes> standings = rows.verificationTimes("dump", NIGHT);

        assertThat(standings.get("clock"))
                .isEqualTo(new BackupRows.VerificationTimes(
                        Optional.of(NIGHT.minus(Duration.ofDays(1))), NIGHT.minus(Duration.ofDays(1))));
        assertThat(standings.get("young"))
                .extracting(BackupRows.VerificationTimes::lastVerified)
                .isEqualTo(Optional.empty());
        assertThat(rows.verificationTimes("dump", NIGHT.plus(Duration.ofDays(3650)))
                        .get("clock"))
                .extracting(BackupRows.VerificationTimes::lastVerified)
                .as("counts once its time has passed")
                .isEqualTo(Optional.of(Instant.parse("2031-03-01T03:00:00Z")));
    }

    @Test
    void serviceIsIdleFromItsFirstAbsenceUntilItsReturn() throws SQLException {
        Tables tables =
                new Tables(JournalDatabases.source(JournalDatabases.prepared(JournalDatabases.Before.THE_SEED)));

        assertThat(tables.services().markIdle(Set.of("vikunja", "hedgedoc", "a stranger"), NIGHT))
                .isEmpty();
        assertThat(tables.services().markIdle(Set.of("vikunja"), NIGHT))
                .containsExactly(new ServiceRows.Idle("hedgedoc", NIGHT));
        assertThat(tables.services().markIdle(Set.of(), NIGHT.plusSeconds(60)))
                .containsExactly(
                        new ServiceRows.Idle("hedgedoc", NIGHT),
                        new ServiceRows.Idle("vikunja", NIGHT.plusSeconds(60)));
        assertThat(tables.services().markIdle(Set.of("hedgedoc"), NIGHT.plusSeconds(120)))
                .containsExactly(new ServiceRows.Idle("vikunja", NIGHT.plusSeconds(60)));
        assertThat(tables.services().markIdle(Set.of(), NIGHT.plusSeconds(180)))
                .contains(new ServiceRows.Idle("hedgedoc", NIGHT.plusSeconds(180)));
    }

    @Test
    void aServiceInQuarantineIsNotIdleAndIsForgivenWhenItIsPresent() throws SQLException {
        String database = JournalDatabases.prepared(JournalDatabases.Before.THE_SEED);
        Tables tables = new Tables(JournalDatabases.source(database));
        tables.services().markIdle(Set.of("vikunja"), NIGHT);
        cluster.run(database, "UPDATE public.service_configs SET quarantined_at = now()");
        String since = "SELECT service_name FROM service_configs WHERE idle_since IS NOT NULL";

        assertThat(tables.services().markIdle(Set.of(), NIGHT.plusSeconds(60))).isEmpty();
        assertThat(JournalDatabases.rows(database, since)).containsExactly("hedgedoc");
        assertThat(tables.services().markIdle(Set.of("hedgedoc"), NIGHT.plusSeconds(120)))
                .isEmpty();
        assertThat(JournalDatabases.rows(database, since)).isEmpty();
    }

    @Test
    void aLookThatFindsNothingNewWritesNothing() throws SQLException {
        String database = JournalDatabases.prepared(JournalDatabases.Before.THE_SEED);
        Tables tables = new Tables(JournalDatabases.source(database));
        tables.services().markIdle(Set.of("vikunja"), NIGHT);
        String versions = "SELECT xmin::text || ctid::text FROM service_configs ORDER BY id";
        List<String> before = JournalDatabases.rows(database, versions);

        tables.services().markIdle(Set.of("vikunja"), NIGHT.plusSeconds(60));

        assertThat(JournalDatabases.rows(database, versions)).isEqualTo(before);
    }

    @Test
    void theLastVerifiedDumpBeforeATimeIsFound() throws SQLException {
        String database = JournalDatabases.prepared(JournalDatabases.Before.NOTHING);
        cluster.run(database, """
                INSERT INTO public.backup_log
                    (service_name, backup_type, backup_path, backup_id, state, started_at, verified_at)
                VALUES ('app', 'dump', 'app/1', '1', 'verified', '2026-03-01 02:00Z', '2026-03-01 02:01Z'),
                       ('app', 'dump', 'app/2', '2', 'verified', '2026-03-01 02:10Z', '2026-03-01 04:00Z'),
                       ('app', 'dump', 'app/3', '3', 'made',     '2026-03-01 02:20Z', NULL),
                       ('app', 'base', 'app/4', '4', 'verified', '2026-03-01 02:30Z', '2026-03-01 02:31Z'),
                       ('app', 'dump', 'app/5', '5', 'expired',  '2026-03-01 02:40Z', '2026-03-01 02:41Z'),
                       ('app', 'dump', 'app/6', '6', 'verified', '2026-03-01 03:00Z', '2026-03-01 03:01Z')""");
        Tables tables = new Tables(JournalDatabases.source(database));

        assertThat(tables.history().lastVerified("app", NIGHT))
                .contains(new HistoryRows.VerifiedDump("2", "app/2", Instant.parse("2026-03-01T04:00:00Z")));
        assertThat(tables.history().lastVerified("app", Instant.parse("2026-03-01T02:00:00Z")))
                .isEmpty();
        assertThat(tables.history().lastVerified("other", NIGHT)).isEmpty();
    }

    @Test
    void anEnrolmentIsReadWithTheImageThatWasSeenLast() throws SQLException {
        String database = JournalDatabases.prepared(JournalDatabases.Before.NOTHING);
        cluster.run(
                database,
                "INSERT INTO public.service_configs (service_name, database_name, image, image_id)"
                        + " VALUES ('app', 'app', 'app:1', 'sha256:1'), ('new', 'new', NULL, NULL)");

        assertThat(new Tables(JournalDatabases.source(database)).services().enrolments())
                .extracting(Enrolment::service, Enrolment::image, Enrolment::imageId)
                .containsExactly(tuple("app", "app:1", "sha256:1"), tuple("new", "", ""));
    }
}
