package org.pgsteward.backup;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.pgsteward.TestHost;
import org.pgsteward.app.Wiring;
import org.pgsteward.backup.restore.Restore;
import org.pgsteward.backup.restore.RestoreProgress;
import org.pgsteward.backup.store.Inventory;
import org.pgsteward.backup.store.StoredBackup;
import org.pgsteward.camel.Pipeline;
import org.pgsteward.model.Backup;
import org.pgsteward.model.BackupState;
import org.pgsteward.postgres.NeedsPostgres;
import org.pgsteward.postgres.Programs;
import org.pgsteward.postgres.TestCluster;

/**
 * Backs up, verifies and restores the database that PostgreSQL's own regression suite leaves behind, created by an
 * unprivileged role. The restored database is compared with a copy by {@code pg_dump} and {@code psql}. The test
 * downloads the suite.
 */
@ExtendWith(NeedsPostgres.Condition.class)
@Tag("soak")
@Timeout(value = 30, unit = TimeUnit.MINUTES)
class RegressionSuiteIT {
    /** Views that no restore program can fill, since their queries fail without a search path. */
    private static final List<String> NOT_TO_BE_FILLED = List.of("public.sro_mv", "sro_mv");

    @ParameterizedTest
    @ValueSource(ints = {15, 17})
    void theDatabaseOfTheSuiteIsVerifiedAndRestored(int major, @TempDir Path folder) throws Exception {
        Optional<Programs> programs = Corpus.programs(major);
        assumeTrue(programs.isPresent(), "skipped: PostgreSQL " + major + " is not on this machine");
        Optional<String> lacking = suite(major, folder);
        lacking.ifPresent(System.err::println);
        assumeTrue(lacking.isEmpty(), lacking.orElse(""));

        try (TestHost host = TestHost.start(TestCluster.start(programs.get()))) {
            host.cluster()
                    .run(
                            "homelab",
                            "CREATE ROLE regsvc LOGIN PASSWORD 'regsvc'",
                            "GRANT pg_read_server_files TO regsvc",
                            "CREATE DATABASE regsvc OWNER regsvc TEMPLATE template0");
            load(host.cluster(), programs.get(), folder);
            host.cluster().run("homelab", "REVOKE pg_read_server_files FROM regsvc");
            for (String view : NOT_TO_BE_FILLED) {
                host.cluster().run("regsvc", "DROP MATERIALIZED VIEW IF EXISTS " + view + " CASCADE");
            }

            Wiring wiring = host.wiring();
            wiring.house.order();
            try (Pipeline pipeline = wiring.backupPipeline()) {
                pipeline.start();
                Backup backup = host.backUp(wiring, "regsvc");
                assertThat(backup.state()).as(backup.error()).isEqualTo(BackupState.VERIFIED);
                StoredBackup stored =
                        Inventory.of(wiring.store).named(backup.id()).orElseThrow();
                Restore.Done done =
                        wiring.restore.into(new Restore.Order(stored, "regsvc", "regsvc_back"), RestoreProgress.QUIET);
                System.err.println("regression suite of PostgreSQL " + major + ": " + done.rows() + " rows in "
                        + done.tables() + " tables verified and restored; "
                        + done.notes().size() + " notes");
                assertThat(done.tables()).isGreaterThan(100);
                pipe(host.cluster(), programs.get());
                CorpusDump raw = CorpusDump.of(host.cluster(), programs.get(), "regsvc_raw", false);
                CorpusDump ours = CorpusDump.of(host.cluster(), programs.get(), "regsvc_back", false);
                assertThat(raw.notIn(ours)).as("missing after the restore").isEmpty();
                assertThat(ours.notIn(raw)).as("added by the restore").isEmpty();
                assertThat(ours.rows()).isEqualTo(raw.rows());
            }
        }
    }

    /**
     * Copies the database by PostgreSQL's programs alone, as the administrator. A comparison with the original would
     * fail, since pg_dump itself reorders some columns.
     */
    private static void pipe(TestCluster cluster, Programs programs) throws Exception {
        cluster.run("homelab", "CREATE DATABASE regsvc_raw OWNER regsvc TEMPLATE template0");
        ProcessBuilder shell = new ProcessBuilder(
                        "sh", "-c", "pg_dump -d regsvc | psql -qX -v ON_ERROR_STOP=1 -o /dev/null -d regsvc_raw")
                .redirectErrorStream(true);
        shell.environment().putAll(Contents.environment(cluster));
        shell.environment().put("PATH", programs.directory() + ":" + System.getenv("PATH"));
        Process process = shell.start();
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(process.waitFor()).as(output).isZero();
    }

    /**
     * Runs the scripts in the suite's order. Statements that an unprivileged role may not run fail, and others fail
     * on purpose.
     */
    private static void load(TestCluster cluster, Programs programs, Path folder) throws Exception {
        for (String line : Files.readAllLines(folder.resolve("parallel_schedule"))) {
            if (!line.startsWith("test: ")) {
                continue;
            }
            for (String name : line.substring("test: ".length()).strip().split(" +", -1)) {
                ProcessBuilder psql = new ProcessBuilder(
                        programs.path("psql").toString(),
                        "-qX",
                        "-d",
                        "regsvc",
                        "-f",
                        folder.resolve("sql").resolve(name + ".sql").toString());
                psql.environment().putAll(Contents.environment(cluster));
                psql.environment()
                        .putAll(Map.of(
                                "PGUSER",
                                "regsvc",
                                "PGPASSWORD",
                                "regsvc",
                                "PGOPTIONS",
                                "-c intervalstyle=postgres_verbose -c statement_timeout=60s",
                                "PGTZ",
                                "America/Los_Angeles",
                                "PGDATESTYLE",
                                "Postgres, MDY",
                                "PG_ABS_SRCDIR",
                                folder.toString(),
                                "PG_ABS_BUILDDIR",
                                folder.toString(),
                                "PG_LIBDIR",
                                folder.toString(),
                                "PG_DLSUFFIX",
                                ".so"));
                Process process = psql.redirectErrorStream(true)
                        .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                        .start();
                assertThat(process.waitFor(10, TimeUnit.MINUTES)).as(name).isTrue();
            }
        }
    }

    /**
     * Downloads the suite.
     *
     * @return the error in one line; empty on success
     */
    private static Optional<String> suite(int major, Path folder) throws IOException, InterruptedException {
        Process script = new ProcessBuilder("src/test/bed/regression-suite", Integer.toString(major), folder.toString())
                .redirectErrorStream(true)
                .start();
        String said = new String(script.getInputStream().readAllBytes(), StandardCharsets.UTF_8).strip();
        return script.waitFor() == 0
                ? Optional.empty()
                : Optional.of(
                        "skipped: " + said.lines().reduce((first, last) -> last).orElse("no reason given"));
    }
}
