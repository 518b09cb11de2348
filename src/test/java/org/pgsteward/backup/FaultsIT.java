package org.pgsteward.backup;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.pgsteward.ChildJava;
import org.pgsteward.SmallDisk;
import org.pgsteward.app.Wiring;
import org.pgsteward.camel.Pipeline;
import org.pgsteward.config.Settings;
import org.pgsteward.journal.RunRows;
import org.pgsteward.model.Backup;
import org.pgsteward.model.BackupState;
import org.pgsteward.postgres.NeedsPostgres;
import org.pgsteward.postgres.Quote;

/** Processes that are killed and files that are damaged during or after a backup. */
@NeedsPostgres
class FaultsIT extends OnFaultyHost {
    /** A password that shells, URLs, connection strings and templates misread without correct quoting. */
    private static final String ODD_PASSWORD = "100%s $HOME `id` 'a\"b\\c {{x}} ${y} #;&@:/?=é ";

    /** A killed backend causes crash recovery of the whole server, like the kernel's out-of-memory killer. */
    @Test
    void aKilledBackendFailsTheBackupAndTheNextRunSucceeds() throws Exception {
        String database = faulty.copyOfLarge();
        Backup good = faulty.goodBackupOf(database);

        Backup failed = faulty.duringTheDumpOf(database, () -> {
            String backend = host.rows(
                            "homelab",
                            "SELECT pid FROM pg_stat_activity WHERE datname = '" + database
                                    + "' AND query LIKE 'COPY %' AND application_name = 'pgsteward'")
                    .get(0);
            assertThat(ProcessHandle.of(Long.parseLong(backend)).orElseThrow().destroyForcibly())
                    .isTrue();
            await().atMost(FaultyHost.PATIENCE).until(faulty::answers);
        });

        assertThat(failed.state()).isEqualTo(BackupState.FAILED);
        assertThat(failed.error()).contains("pg_dump ended with exit code");
        await().atMost(FaultyHost.PATIENCE)
                .untilAsserted(() -> assertThat(host.journal(database))
                        .hasSize(2)
                        .last()
                        .asString()
                        .startsWith("failed: "));
        assertNothingIsLost(database, good);
    }

    /** pgbackweb #121 and many similar reports: the file existed, but the tool never read it again. */
    @ParameterizedTest
    @EnumSource
    void aDamagedFileRaisesOneAlertUntilTheNextBackup(Harm harm) throws Exception {
        String database = host.cluster().newDatabase();
        host.cluster()
                .run(
                        database,
                        "CREATE TABLE public.notes AS SELECT n, md5(n::text) FROM generate_series(1, 5000) AS n");
        Backup backup = faulty.goodBackupOf(database);
        Path file = host.store().resolve(backup.path().orElseThrow());
        Files.write(file, harm.befallen(Files.readAllBytes(file)));

        assertThat(faulty.verify(backup).state()).isEqualTo(BackupState.FAILED);
        assertThat(faulty.verify(backup).error()).startsWith("the restore failed: ");
        assertThat(host.notices(database)).singleElement().asString().startsWith("firing");

        faulty.goodBackupOf(database);
        assertThat(host.notices(database)).hasSize(2).anyMatch(notice -> notice.startsWith("resolved"));
    }

    /** Damage to a stored file by a bad disk or an operator's mistake. */
    enum Harm {
        THE_FIRST_BYTE {
            @Override
            byte[] befallen(byte[] bytes) {
                bytes[0] ^= 1;
                return bytes;
            }
        },
        THE_FRAMES_HEAD {
            @Override
            byte[] befallen(byte[] bytes) {
                bytes[5] ^= 0x40;
                return bytes;
            }
        },
        THE_TABLE_OF_CONTENTS {
            @Override
            byte[] befallen(byte[] bytes) {
                bytes[200] ^= 4;
                return bytes;
            }
        },
        THE_LAST_BYTE {
            @Override
            byte[] befallen(byte[] bytes) {
                bytes[bytes.length - 1] ^= (byte) 0x80;
                return bytes;
            }
        },
        CUT_BY_ONE_BYTE {
            @Override
            byte[] befallen(byte[] bytes) {
                return Arrays.copyOf(bytes, bytes.length - 1);
            }
        },
        CUT_TO_ITS_HEAD {
            @Override
            byte[] befallen(byte[] bytes) {
                return Arrays.copyOf(bytes, 10);
            }
        },
        FILLED_WITH_ZEROS {
            @Override
            byte[] befallen(byte[] bytes) {
                Arrays.fill(bytes, bytes.length / 2, bytes.length, (byte) 0);
                return bytes;
            }
        };

        abstract byte[] befallen(byte[] bytes);
    }

    @Test
    void verifyingAnOlderBackupDoesNotResolveTheAlertOfANewerFailure() throws Exception {
        String database = host.cluster().newDatabase();
        Backup good = faulty.goodBackupOf(database);
        host.cluster()
                .run(database, "CREATE TABLE public.big AS SELECT md5(n::text) FROM generate_series(1, 100000) AS n");
        try (SmallDisk disk = SmallDisk.of("1m");
                FaultyHost.Elsewhere other =
                        faulty.elsewhere("pgsteward.backup.dir", disk.folder().toString())) {
            assertThat(host.backUp(other.wiring, database).state()).isEqualTo(BackupState.FAILED);
        }

        assertThat(faulty.verify(good).state()).isEqualTo(BackupState.VERIFIED);
        assertThat(host.notices(database)).singleElement().asString().startsWith("firing");

        faulty.goodBackupOf(database);
        assertThat(host.notices(database)).hasSize(2).anyMatch(notice -> notice.startsWith("resolved"));
    }

    /** Without this, a killed pgsteward would leave a running scratch server that fills the disk. */
    @Test
    void theScratchClusterEndsWithAKilledProcess() throws Exception {
        String database = faulty.copyOfLarge();
        Path scratch = host.folder().resolve("state/scratch");
        Process command = command(Map.of(), database);
        ProcessHandle server = await().pollInterval(Duration.ofMillis(5))
                .atMost(FaultyHost.PATIENCE)
                .until(() -> postmasterIn(scratch), Optional::isPresent)
                .orElseThrow();
        String sockets = argument(server, "unix_socket_directories=");
        Path data = Path.of(argument(server, "-D"));
        assertThat(Path.of(sockets)).isDirectory();

        command.destroyForcibly().waitFor();

        await().atMost(FaultyHost.PATIENCE).until(() -> !server.isAlive());
        await().untilAsserted(() -> {
            assertThat(data).doesNotExist();
            assertThat(Path.of(sockets)).doesNotExist();
        });
        // The backup is intact. Only its verification is missing.
        host.wiring().house.order();
        await().atMost(FaultyHost.PATIENCE)
                .untilAsserted(() -> assertThat(host.journal(database)).containsExactly("made"));
        assertThat(host.stored(database)).hasSize(2);
        faulty.goodBackupOf(database);
    }

    @Test
    void aCommandAndTheDaemonAtOnceMakeOneBackup() throws Exception {
        String database = faulty.copyOfLarge();
        Path said = host.folder().resolve("said");
        List<Process> commands = new ArrayList<>();
        Backup first = faulty.duringTheDumpOf(database, () -> {
            commands.add(command(Map.of(), database, ProcessBuilder.Redirect.to(said.toFile())));
            await().atMost(FaultyHost.PATIENCE)
                    .until(() -> Files.readString(said).contains("another run of this service is under way"));
        });
        assertThat(first.state()).isEqualTo(BackupState.VERIFIED);
        assertThat(commands.get(0).waitFor(8, TimeUnit.MINUTES)).isTrue();
        assertThat(host.journal(database)).containsExactly("verified");
        assertThat(host.stored(database)).hasSize(2);
    }

    /** kobo-install #102: a "%" in the password led to backups of 0 bytes. */
    @Test
    void aPasswordMayHaveAnyCharacters() throws Exception {
        String database = host.cluster().newDatabase();
        host.cluster()
                .run("homelab", "CREATE ROLE \"odd $user %s\" SUPERUSER LOGIN PASSWORD " + Quote.literal(ODD_PASSWORD));
        Path file = Files.writeString(host.folder().resolve("password"), ODD_PASSWORD + "\n");
        Map<String, String> odd =
                Map.of("PGSTEWARD_POSTGRES_USER", "odd $user %s", "PGSTEWARD_POSTGRES_PASSWORD_FILE", file.toString());
        Process command = command(odd, database);
        assertThat(command.waitFor()).isZero();
        Wiring other = new Wiring(Settings.from(host.environment())
                .with(Map.of("pgsteward.postgres.user", "odd $user %s", "pgsteward.postgres.password", ODD_PASSWORD)));
        try (Pipeline running = other.backupPipeline().start()) {
            assertThat(running).isNotNull();
            assertThat(host.backUp(other, database).state()).isEqualTo(BackupState.VERIFIED);
        }
        assertThat(host.journal(database)).containsExactly("verified", "verified");
    }

    /** kartoza #64: the list of databases was empty at the start, so the tool never made a backup. */
    @Test
    void aServerThatComesUpLaterIsBackedUpAutomatically() throws Exception {
        String database = host.cluster().newDatabase();
        host.cluster()
                .run(
                        "homelab",
                        "INSERT INTO public.backup_log (service_name, backup_type, state, started_at)"
                                + " SELECT datname, 'dump', 'verified', now() FROM pg_database WHERE datname <> '"
                                + database
                                + "' UNION ALL SELECT '_globals', 'globals', 'verified', now()");
        faulty.pipeline.close();
        host.cluster().kill();
        // Without this setting a base backup of all the other tests' databases would be due, too.
        Wiring daemon =
                host.wiring(Map.of("pgsteward.backup.tick", "* * * * * ?", "pgsteward.backup.base.schedule", ""));
        try (Pipeline scheduled = daemon.backupPipeline().start()) {
            assertThat(scheduled).isNotNull();
            host.cluster().startAgain();
            await().atMost(FaultyHost.PATIENCE)
                    .until(() -> host.journal(database).contains("verified"));
        }
        assertThat(host.notices(database)).isEmpty();
        faulty.pipeline = wiring.backupPipeline().start();
    }

    /** With an empty clock battery the host runs in 2031 until the network corrects the time. */
    @Test
    void aRunDatedInTheFutureDoesNotPreventTonightsBackup() throws Exception {
        Instant now = Instant.now();
        host.cluster()
                .run(
                        "homelab",
                        "INSERT INTO public.backup_log (service_name, backup_type, state, started_at)"
                                + " VALUES ('clock', 'dump', 'verified', now() + interval '5 years')");
        assertThat(lastRunOfClock(now).startedAt()).isAfter(now);
        host.cluster()
                .run(
                        "homelab",
                        "INSERT INTO public.backup_log (service_name, backup_type, state, started_at)"
                                + " VALUES ('clock', 'dump', 'failed', now() - interval '1 hour')");
        assertThat(lastRunOfClock(now).state()).isEqualTo("failed");
    }

    private RunRows.LastRun lastRunOfClock(Instant now) throws SQLException {
        return Objects.requireNonNull(wiring.tables.runs().lastRuns("dump", now).get("clock"));
    }

    /** Starts {@code pgsteward backup DATABASE} as a separate process. */
    private Process command(Map<String, String> environment, String database) throws IOException {
        return command(environment, database, ProcessBuilder.Redirect.INHERIT);
    }

    private Process command(Map<String, String> environment, String database, ProcessBuilder.Redirect errors)
            throws IOException {
        ProcessBuilder builder = new ProcessBuilder(ChildJava.steward("backup", database));
        builder.environment().putAll(host.environment());
        if (!environment.isEmpty()) {
            builder.environment().remove("PGSTEWARD_POSTGRES_PASSWORD");
            builder.environment().putAll(environment);
        }
        return builder.redirectOutput(ProcessBuilder.Redirect.DISCARD)
                .redirectError(errors)
                .start();
    }

    private static Optional<ProcessHandle> postmasterIn(Path scratch) {
        return ProcessHandle.allProcesses()
                .filter(process -> process.info()
                        .command()
                        .filter(path -> path.endsWith("/postgres"))
                        .isPresent())
                .filter(process -> argument(process, "-D").startsWith(scratch.toString()))
                .findFirst();
    }

    /** Returns the text behind {@code name} in a process's arguments, in the same argument or the next one. */
    private static String argument(ProcessHandle process, String name) {
        List<String> arguments = List.of(process.info().arguments().orElse(new String[0]));
        for (int i = 0; i < arguments.size(); i++) {
            if (arguments.get(i).equals(name) && i + 1 < arguments.size()) {
                return arguments.get(i + 1);
            }
            if (arguments.get(i).startsWith(name)) {
                return arguments.get(i).substring(name.length());
            }
        }
        return "";
    }

    /**
     * Checks that the previous backup is untouched and verifies, that one alert was sent, and that the next run
     * resolves it.
     */
    private void assertNothingIsLost(String database, Backup good) throws Exception {
        assertThat(host.stored(database))
                .containsExactly(good.id() + ".dump.zst", good.id() + ".dump.zst.manifest.json");
        assertThat(host.notices(database)).singleElement().asString().startsWith("firing");
        assertThat(faulty.verify(good).state()).isEqualTo(BackupState.VERIFIED);
        faulty.goodBackupOf(database);
        assertThat(host.notices(database)).hasSize(2).anyMatch(notice -> notice.startsWith("resolved"));
    }
}
