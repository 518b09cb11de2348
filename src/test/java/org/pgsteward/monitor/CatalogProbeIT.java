package org.pgsteward.monitor;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.pgsteward.postgres.NeedsPostgres;
import org.pgsteward.postgres.Programs;
import org.pgsteward.postgres.TestCluster;

/** Sequences and collations of real databases, on PostgreSQL 15 and 17, with their remedies pasted into a shell. */
@NeedsPostgres
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@Timeout(value = 40, unit = TimeUnit.MINUTES)
class CatalogProbeIT {
    @TempDir
    Path folder;

    private final List<TestCluster> clusters = new ArrayList<>();

    @BeforeAll
    void start() {
        for (int major : List.of(15, 17)) {
            try {
                clusters.add(TestCluster.start(Programs.find(Optional.empty(), major)));
            } catch (IOException notHere) {
                System.err.println("skipped: CatalogProbeIT on PostgreSQL " + major + ": " + notHere.getMessage());
            }
        }
        assertThat(clusters).isNotEmpty();
    }

    @AfterAll
    void stop() throws IOException {
        for (TestCluster cluster : clusters) {
            cluster.close();
        }
    }

    Stream<TestCluster> clusters() {
        return clusters.stream();
    }

    @ParameterizedTest(autoCloseArguments = false)
    @MethodSource("clusters")
    void endOfASequenceIsThatOfTheSmallestColumn(TestCluster cluster) throws SQLException {
        String database = cluster.newDatabase();
        cluster.run(
                database,
                "CREATE DOMAIN public.small AS smallint",
                "CREATE SEQUENCE public.trap",
                "CREATE TABLE public.a (id int DEFAULT nextval('public.trap'), big bigint DEFAULT nextval('public.trap'))",
                "SELECT setval('public.trap', 2000000000)",
                "CREATE TABLE public.b (id serial, tiny public.small)",
                "SELECT setval('public.b_id_seq', 1800000000)",
                "CREATE SEQUENCE public.tiny_seq OWNED BY public.b.tiny",
                "SELECT setval('public.tiny_seq', 30000)",
                "CREATE SEQUENCE public.down INCREMENT -1 MINVALUE -100",
                "SELECT setval('public.down', -80)",
                "CREATE TABLE public.c (id bigint GENERATED ALWAYS AS IDENTITY)",
                "SELECT setval('public.c_id_seq', 5000000000)",
                "CREATE SEQUENCE public.cycles MAXVALUE 10 CYCLE",
                "SELECT setval('public.cycles', 10)",
                "CREATE SEQUENCE public.unused MAXVALUE 2");
        List<CatalogObservation.Sequence> sequences = database(
                        new CatalogProbe(cluster.server(), Clock.systemUTC()), database)
                .contents()
                .orElseThrow()
                .sequences();

        assertThat(sequences)
                .extracting(sequence -> sequence.name() + " " + Math.round(sequence.percent()) + " " + sequence.end())
                .containsExactly(
                        "trap 93 2147483647",
                        "tiny_seq 92 32767",
                        "b_id_seq 84 2147483647",
                        "down 80 -100",
                        "c_id_seq 0 9223372036854775807");
        assertThat(sequences.get(0).column().orElseThrow().name()).isEqualTo("id");
    }

    @ParameterizedTest(autoCloseArguments = false)
    @MethodSource("clusters")
    void remedyGivesASequenceAllValuesOfABigint(TestCluster cluster) throws Exception {
        CatalogProbe probe = new CatalogProbe(cluster.server(), Clock.systemUTC());
        for (String table : List.of(
                "CREATE TABLE public.\"user\" (id serial PRIMARY KEY, parent int REFERENCES public.\"user\")",
                "CREATE TABLE public.\"user\" (id int GENERATED ALWAYS AS IDENTITY)",
                "CREATE TABLE public.\"user\" (id bigint DEFAULT 1); CREATE SEQUENCE public.user_id_seq AS integer"
                        + " OWNED BY public.\"user\".id")) {
            String database = cluster.newDatabase();
            cluster.run(database, table, "SELECT setval('public.user_id_seq', 2147483646)");
            SequenceRule rule = new SequenceRule();
            rule.use(WrittenLevels.of("75%", "90%"));
            Finding finding = sequence(rule, probe, database);

            assertThat(finding.value()).isBetween(99.0, 100.0);
            assertThat(finding.says()).contains("is at 2147483646, 99% of the way to 2147483647, the last value of ");
            new PastedRemedy(cluster, folder).paste(finding);
            assertThat(sequence(rule, probe, database).value()).isLessThan(1);
            cluster.run(database, "SELECT nextval('public.user_id_seq'), nextval('public.user_id_seq')");
        }
    }

    private static Finding sequence(SequenceRule rule, CatalogProbe probe, String database) throws SQLException {
        return rule.look(probe.read("postgresql"), List.of()).stream()
                .filter(finding -> finding.service().equals(database))
                .findFirst()
                .orElseThrow();
    }

    @ParameterizedTest(autoCloseArguments = false)
    @MethodSource("clusters")
    void remedyRebuildsIndexesAndRefreshesTheVersion(TestCluster cluster) throws Exception {
        CatalogProbe probe = new CatalogProbe(cluster.server(), Clock.systemUTC());
        CollationRule rule = new CollationRule();
        assertThat(rule.look(probe.read("postgresql"), List.of()).get(0).value())
                .isZero();
        for (int count : List.of(1, 3, 5)) {
            List<String> names = new ArrayList<>();
            for (int i = 0; i < count; i++) {
                String name = "coll \"" + cluster.ownPrograms().major() + "_" + count + "_" + i;
                names.add(name);
                String quoted = org.pgsteward.postgres.Quote.identifier(name);
                cluster.run(
                        "homelab",
                        "CREATE DATABASE " + quoted + " TEMPLATE template0 LOCALE 'en_US.UTF-8'",
                        "UPDATE pg_database SET datcollversion = '1.0' WHERE datname = '" + name + "'");
                cluster.run(
                        name,
                        "CREATE COLLATION public.own FROM \"en_US.utf8\"",
                        "CREATE TABLE public.t (x text COLLATE public.own)",
                        "UPDATE pg_collation SET collversion = '1.0' WHERE collname = 'own'");
            }
            // A version that was recorded before the image had musl, which has no versions.
            cluster.run("homelab", "UPDATE pg_database SET datcollversion = '1.0' WHERE datname = 'postgres'");
            Finding finding = rule.look(probe.read("postgresql"), List.of()).get(0);

            assertThat(finding.value()).isEqualTo(count + 1);
            assertThat(finding.says()).contains(names.get(0) + " (1.0, now ");
            String output = new PastedRemedy(cluster, folder).paste(finding);
            assertThat(output).doesNotContain("ERROR");
            assertThat(rule.look(probe.read("postgresql"), List.of()).get(0).value())
                    .as(output)
                    .isZero();
        }
    }

    /** The next round begins with the databases that were not read, and an unread database keeps its alert. */
    @ParameterizedTest(autoCloseArguments = false)
    @MethodSource("clusters")
    void lockedSequenceAndLateRoundLeaveDatabasesUndecided(TestCluster cluster) throws Exception {
        String database = cluster.newDatabase();
        cluster.run(database, "CREATE SEQUENCE public.s MAXVALUE 10", "SELECT setval('public.s', 10)");
        CatalogProbe late = new CatalogProbe(cluster.server(), Clock.systemUTC(), Duration.ofSeconds(-1));
        assertThat(database(late, database).contents()).isEmpty();

        CatalogProbe probe = new CatalogProbe(cluster.server(), Clock.systemUTC());
        try (Connection holder = cluster.server().connect(database)) {
            holder.setAutoCommit(false);
            org.pgsteward.postgres.Query.run(holder, "ALTER SEQUENCE public.s MAXVALUE 11");
            assertThat(database(probe, database).contents()).isEmpty();
            holder.rollback();
        }
        assertThat(database(probe, database).contents().orElseThrow().sequences())
                .hasSize(1);
    }

    private static CatalogObservation.Database database(CatalogProbe probe, String name) throws SQLException {
        return probe.read("postgresql").databases().stream()
                .filter(database -> database.name().equals(name))
                .findFirst()
                .orElseThrow();
    }
}
