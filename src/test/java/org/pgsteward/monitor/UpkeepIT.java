package org.pgsteward.monitor;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.sql.SQLException;
import java.time.Clock;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.pgsteward.model.Condition;
import org.pgsteward.postgres.NeedsPostgres;
import org.pgsteward.postgres.Programs;
import org.pgsteward.postgres.TestCluster;

/** Faults that no session shows, on PostgreSQL 15 and 17, with their remedies pasted into a shell. */
@NeedsPostgres
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@Timeout(value = 40, unit = TimeUnit.MINUTES)
class UpkeepIT {
    private static final DatabaseProbe.Host HOST =
            new DatabaseProbe.Host("postgresql", Optional.empty(), Optional.empty(), Map.of());
    private static final String ARCHIVE = "ALTER SYSTEM SET archive_command = 'true'";
    private static final List<String> KINDS = List.of(
            "page-damaged",
            "checksums-off",
            "replication-slot-abandoned",
            "prepared-transaction-old",
            "archiver-failing");

    @TempDir
    Path folder;

    private final List<TestCluster> clusters = new ArrayList<>();

    @BeforeAll
    void start() throws SQLException {
        for (int major : List.of(15, 17)) {
            programs(major)
                    .ifPresent(found -> clusters.add(TestCluster.start(
                            found,
                            Map.of(
                                    "wal_level", "logical",
                                    "max_replication_slots", "201",
                                    "max_prepared_transactions", "200",
                                    "archive_mode", "on"))));
        }
        // A setting of the command line would take precedence over ALTER SYSTEM.
        for (TestCluster cluster : clusters) {
            cluster.run("homelab", ARCHIVE, "SELECT pg_reload_conf()");
        }
        assertThat(clusters).isNotEmpty();
    }

    @AfterAll
    void stop() throws IOException {
        for (TestCluster cluster : clusters) {
            cluster.close();
        }
    }

    private static Optional<Programs> programs(int major) {
        try {
            return Optional.of(Programs.find(Optional.empty(), major));
        } catch (IOException notHere) {
            return Optional.empty();
        }
    }

    Stream<TestCluster> clusters() {
        return clusters.stream();
    }

    @ParameterizedTest(autoCloseArguments = false)
    @MethodSource("clusters")
    void quietServerHasNoAlertOfTheseKinds(TestCluster cluster) throws SQLException {
        assertThat(kinds(cluster)).doesNotContainAnyElementsOf(KINDS);
        Upkeep upkeep = look(cluster).upkeep();
        assertThat(upkeep.checksums()).isTrue();
        assertThat(upkeep.dataDirectory()).isEqualTo(cluster.cluster().data().toString());
        assertThat(upkeep.archive().isFailing()).isFalse();
    }

    @ParameterizedTest(autoCloseArguments = false)
    @MethodSource("clusters")
    void slotsThatHoldWalAreDroppedByTheRemedy(TestCluster cluster) throws Exception {
        PastedRemedy shell = new PastedRemedy(cluster, folder);
        SlotRule rule = rule(new SlotRule(), "10m");
        for (int count : List.of(1, 20, 200)) {
            cluster.run(
                    "homelab",
                    "SELECT pg_create_physical_replication_slot('standby_' || i, true) FROM generate_series(1, " + count
                            + ") AS i");
            // Each switch ends a file of 16 MB.
            cluster.run("homelab", "CREATE TABLE public.wal ()", "SELECT pg_switch_wal()", "DROP TABLE public.wal");
            DatabaseObservation look = look(cluster);
            Finding finding = rule.look(look, List.of()).get(0);

            assertThat(look.upkeep().slots()).hasSize(count);
            assertThat(finding.value()).isGreaterThan(1e6);
            assertThat(finding.says()).contains("holds", "of WAL, and no program");
            assertThat(look.upkeep().slots())
                    .allMatch(slot -> slot.inactiveSince().isPresent()
                            == (cluster.ownPrograms().major() >= 17));
            shell.paste(finding);
            assertThat(look(cluster).upkeep().slots()).isEmpty();
        }
    }

    @ParameterizedTest(autoCloseArguments = false)
    @MethodSource("clusters")
    void lostSlotReachesTheLevelWithoutHoldingWal(TestCluster cluster) throws Exception {
        cluster.run(
                "homelab",
                "ALTER SYSTEM SET max_slot_wal_keep_size = '1MB'",
                "SELECT pg_reload_conf()",
                "SELECT pg_create_logical_replication_slot('gone', 'pgoutput')");
        try {
            await().until(() -> {
                cluster.run(
                        "homelab",
                        "CREATE TABLE public.wal ()",
                        "SELECT pg_switch_wal()",
                        "DROP TABLE public.wal",
                        "SELECT pg_switch_wal()",
                        "CHECKPOINT");
                return look(cluster).upkeep().slots().get(0).lost();
            });
            SlotRule rule = rule(new SlotRule(), "1g");
            Finding finding = rule.look(look(cluster), List.of()).get(0);

            assertThat(finding.value()).isEqualTo(1024.0 * 1024 * 1024);
            assertThat(finding.says()).startsWith("replication slot gone (logical) is lost");
            new PastedRemedy(cluster, folder).paste(finding);
            assertThat(look(cluster).upkeep().slots()).isEmpty();
        } finally {
            cluster.run("homelab", "ALTER SYSTEM RESET max_slot_wal_keep_size", "SELECT pg_reload_conf()");
        }
    }

    @ParameterizedTest(autoCloseArguments = false)
    @MethodSource("clusters")
    void oldestPreparedTransactionIsRolledBackByTheRemedy(TestCluster cluster) throws Exception {
        String database = cluster.newDatabase();
        PastedRemedy shell = new PastedRemedy(cluster, folder);
        PreparedRule rule = new PreparedRule();
        for (int count : List.of(1, 20, 200)) {
            String[] statements = IntStream.rangeClosed(1, count)
                    .boxed()
                    .flatMap(i -> Stream.of("BEGIN", "PREPARE TRANSACTION 'it''s " + i + "'"))
                    .toArray(String[]::new);
            cluster.run(database, statements);
            Finding finding = of(rule.look(look(cluster), List.of()), database);

            assertThat(finding.says()).startsWith("prepared transaction 'it's 1' of homelab");
            assertThat(finding.value()).isBetween(0.0, 600.0);
            assertThat(finding.figures()).containsEntry("count", (long) count);
            shell.paste(finding);
            assertThat(prepared(cluster)).isEqualTo(count - 1L);
            shell.paste(finding.remedy().replace("1 hour", "0 hours"));
            assertThat(prepared(cluster)).isZero();
        }
    }

    /** The application chooses the name. It must not bring a command of its own into the remedy. */
    @ParameterizedTest(autoCloseArguments = false)
    @MethodSource("clusters")
    void hostileNameOfAPreparedTransactionIsNotPasted(TestCluster cluster) throws Exception {
        String database = cluster.newDatabase();
        cluster.run(database, "BEGIN", "PREPARE TRANSACTION 'x\ntouch " + folder + "/broken\n'");
        Finding finding = of(new PreparedRule().look(look(cluster), List.of()), database);

        assertThat(finding.remedy()).doesNotContain("broken");
        new PastedRemedy(cluster, folder).paste(finding);
        assertThat(folder.resolve("broken")).doesNotExist();
        cluster.run(database, "ROLLBACK PREPARED 'x\ntouch " + folder + "/broken\n'");
    }

    private static long prepared(TestCluster cluster) throws SQLException {
        return Long.parseLong(cluster.server().ask("SELECT count(*) FROM pg_prepared_xacts"));
    }

    @ParameterizedTest(autoCloseArguments = false)
    @MethodSource("clusters")
    void failingArchiverIsCountedUntilTheRemedy(TestCluster cluster) throws Exception {
        ArchiverRule rule = new ArchiverRule();
        await().until(() -> {
            cluster.run("homelab", "CREATE TABLE public.wal ()", "SELECT pg_switch_wal()", "DROP TABLE public.wal");
            return look(cluster).upkeep().archive().archivedAt().isPresent();
        });
        for (String command : List.of("false", "")) {
            cluster.run("homelab", "ALTER SYSTEM SET archive_command = '" + command + "'", "SELECT pg_reload_conf()");
            // Until the archiver reads the new setting, it archives some files.
            await().until(() -> {
                cluster.run("homelab", "CREATE TABLE public.wal ()", "SELECT pg_switch_wal()", "DROP TABLE public.wal");
                return rule.look(look(cluster), List.of()).get(0).value() >= 5;
            });
            Finding finding = rule.look(look(cluster), List.of()).get(0);

            assertThat(finding.says())
                    .startsWith(
                            command.isEmpty()
                                    ? "archive_mode is on, but archive_command is empty"
                                    : "archive_command fails")
                    .contains("WAL files (", "MiB)");
            new PastedRemedy(cluster, folder).paste(finding);
            await().until(() -> !look(cluster).upkeep().archive().isFailing());
        }
        cluster.run("homelab", ARCHIVE, "SELECT pg_reload_conf()");
    }

    @ParameterizedTest(autoCloseArguments = false)
    @MethodSource("clusters")
    void damagedPageIsFoundAndSurvivesTheLossOfTheCounter(TestCluster cluster) throws Exception {
        String database = cluster.newDatabase();
        cluster.run(
                database,
                "CREATE TABLE public.ledger AS SELECT i FROM generate_series(1, 1000) AS i",
                "CREATE INDEX ledger_key ON public.ledger (i)",
                "CHECKPOINT");
        String path = askIn(cluster, database, "SELECT pg_relation_filepath('public.ledger')");
        cluster.kill();
        byte[] page = Files.readAllBytes(cluster.cluster().data().resolve(path));
        page[4000] ^= 1;
        Files.write(cluster.cluster().data().resolve(path), page, StandardOpenOption.TRUNCATE_EXISTING);
        cluster.startAgain();
        assertThat(kinds(cluster)).doesNotContain("page-damaged");
        assertThatThrownBy(() -> cluster.run(database, "SELECT sum(i) FROM public.ledger"))
                .hasMessageContaining("invalid page in block 0 of relation " + path);

        DamagedPageRule rule = new DamagedPageRule();
        await().until(() -> of(rule.look(look(cluster), List.of()), database).value() == 1);
        DatabaseObservation bad = look(cluster);
        Finding finding = of(rule.look(bad, List.of()), database);
        assertThat(finding.says())
                .startsWith("a page of its database is damaged on disk: its checksum was wrong at one read");
        assertThat(kinds(cluster)).contains("page-damaged");

        cluster.kill();
        cluster.startAgain();
        assertThat(of(rule.look(look(cluster), List.of()), database).value())
                .as("a crash loses the counter")
                .isZero();
        assertThat(of(rule.look(look(cluster), List.of(bad)), database).says())
                .contains("before the last start of PostgreSQL");

        PastedRemedy shell = new PastedRemedy(cluster, folder);
        shell.log("ERROR:  invalid page in block 0 of relation " + path + "\n");
        assertThat(shell.paste(finding)).containsPattern("ledger +\\| r").contains("pgsteward restore " + database);
        cluster.run("homelab", "DROP DATABASE " + database);
    }

    private static String askIn(TestCluster cluster, String database, String sql) throws SQLException {
        try (var connection = cluster.server().connect(database)) {
            return org.pgsteward.postgres.Query.one(connection, sql, row -> row.getString(1));
        }
    }

    private static List<String> kinds(TestCluster cluster) throws SQLException {
        return new Watches(ThresholdsFile.read(Optional.empty(), Map.of()))
                .glance(look(cluster)).stream().map(Condition::kind).toList();
    }

    private static DatabaseObservation look(TestCluster cluster) throws SQLException {
        return new DatabaseProbe(cluster.server(), Clock.systemUTC()).read(HOST);
    }

    private static <R extends MetricRule<DatabaseObservation>> R rule(R rule, String warn) {
        rule.use(WrittenLevels.of(warn, "off"));
        return rule;
    }

    private static Finding of(List<Finding> findings, String service) {
        return findings.stream()
                .filter(finding -> finding.service().equals(service))
                .findFirst()
                .orElseThrow();
    }
}
