package org.pgsteward.backup;

import static org.assertj.core.api.Assertions.assertThat;

import com.github.luben.zstd.ZstdInputStream;
import com.github.luben.zstd.ZstdOutputStream;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.RandomAccessFile;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.SQLException;
import java.util.Arrays;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.pgsteward.ProcessSignal;
import org.pgsteward.backup.store.Manifests;
import org.pgsteward.model.Backup;
import org.pgsteward.model.BackupState;
import org.pgsteward.postgres.NeedsPostgres;

/**
 * Damaged base backups, which fail their verification with the reason, and intact ones that this host cannot verify.
 */
@NeedsPostgres
class HarmedBaseBackupIT extends OnBaseBackupHost {
    @BeforeAll
    void backUp() throws SQLException {
        base.good();
    }

    /** Damage to a stored file by a bad disk or an operator's mistake. */
    enum Harm {
        A_BYTE_FLIPPED("damaged") {
            @Override
            void befall(Path file) throws IOException {
                byte[] bytes = Files.readAllBytes(file);
                bytes[bytes.length / 2] ^= 0x10;
                Files.write(file, bytes);
            }
        },
        TRUNCATED("damaged") {
            @Override
            void befall(Path file) throws IOException {
                byte[] bytes = Files.readAllBytes(file);
                Files.write(file, Arrays.copyOf(bytes, bytes.length - 10));
            }
        },
        EMPTIED("damaged: it is truncated") {
            @Override
            void befall(Path file) throws IOException {
                Files.write(file, new byte[0]);
            }
        },
        DELETED("is missing") {
            @Override
            void befall(Path file) throws IOException {
                Files.delete(file);
            }
        },
        A_TABLE_CHANGED_AND_ALL_HASHES_OF_OURS_MADE_ANEW("pg_verifybackup") {
            @Override
            void befall(Path file) throws IOException {
                forge(file, "base/1/");
            }
        },
        THE_LOG_CHANGED_AND_ALL_HASHES_OF_OURS_MADE_ANEW("pg_verifybackup") {
            @Override
            void befall(Path file) throws IOException {
                forge(file, "pg_wal/0000");
            }
        },
        SOMETHING_ELSE_UNDER_ITS_NAME("not a tar archive") {
            @Override
            void befall(Path file) throws IOException {
                store(
                        file,
                        new ByteArrayInputStream(
                                "no archive at all".repeat(1000).getBytes(StandardCharsets.UTF_8)));
            }
        };

        /** The size of a WAL segment, in bytes. */
        private static final int SEGMENT = 16 * 1024 * 1024;

        private final String reason;

        Harm(String reason) {
            this.reason = reason;
        }

        abstract void befall(Path file) throws IOException;

        /**
         * Changes the first large file of that name in the archive. An archive is as large as the cluster and its
         * WAL, so it is never held in memory.
         */
        static void forge(Path file, String name) throws IOException {
            Path tar = Path.of(file + ".tar");
            try (InputStream stored = new ZstdInputStream(Files.newInputStream(file))) {
                Files.copy(stored, tar);
            }
            try (RandomAccessFile archive = new RandomAccessFile(tar.toFile(), "rw")) {
                change(archive, name);
            }
            try (InputStream changed = Files.newInputStream(tar)) {
                store(file, changed);
            }
            Files.delete(tar);
        }

        /**
         * Changes one byte in each 64 bytes of a file. Of several files it takes the first by name, which has the
         * start of the backup's WAL. The exact start depends on other writers, and PostgreSQL reads no WAL before
         * it.
         */
        private static void change(RandomAccessFile archive, String name) throws IOException {
            byte[] header = new byte[512];
            String first = "";
            long content = 0;
            byte[] bytes = {};
            for (long at = 0; at < archive.length(); ) {
                archive.seek(at);
                archive.readFully(header);
                // The archive ends with blocks of zeros.
                String digits = new String(header, 124, 11, StandardCharsets.UTF_8).replaceAll("\\D", "");
                long size = digits.isEmpty() ? 0 : Long.parseLong(digits, 8);
                String file = new String(header, 0, 100, StandardCharsets.UTF_8).replaceAll("\0.*", "");
                if (size > 8192 && file.startsWith(name) && (first.isEmpty() || file.compareTo(first) < 0)) {
                    first = file;
                    content = at + 512;
                    bytes = new byte[(int) Math.min(size, SEGMENT)];
                }
                at += 512 + (size + 511) / 512 * 512;
            }
            assertThat(first).as("a file with the prefix " + name + "…").isNotEmpty();
            archive.seek(content);
            archive.readFully(bytes);
            for (int at = 41; at < bytes.length; at += 64) {
                bytes[at] ^= 0x10;
            }
            archive.seek(content);
            archive.write(bytes);
        }

        static void store(Path file, InputStream content) throws IOException {
            try (OutputStream compressed = new ZstdOutputStream(Files.newOutputStream(file))) {
                content.transferTo(compressed);
            }
            Path manifest = Path.of(file + ".manifest.json");
            Manifests.write(
                    manifest,
                    Files.readString(manifest)
                            .replaceFirst("\"size_bytes\" : \\d+", "\"size_bytes\" : " + Files.size(file))
                            .replaceFirst(
                                    "\"sha256\" : \"\\w+\"", "\"sha256\" : \"" + BaseBackupHost.sha256(file) + "\""));
        }
    }

    @ParameterizedTest
    @EnumSource
    void aDamagedFileFailsItsVerificationWithAReason(Harm harm) throws Exception {
        Path file = base.file(base.good());
        Path manifest = Path.of(file + ".manifest.json");
        byte[] whole = Files.readAllBytes(file);
        String said = Files.readString(manifest);
        harm.befall(file);

        Backup failed = verify(base.good());

        Files.write(file, whole);
        Manifests.write(manifest, said);
        assertThat(failed.state()).isEqualTo(BackupState.FAILED);
        assertThat(failed.error()).contains(harm.reason);
        assertThat(base.left()).isEmpty();
    }

    @Test
    void missingRowsTablesAndDatabasesFailTheVerification() throws Exception {
        Path manifest = Path.of(base.file(base.good()) + ".manifest.json");
        String said = Files.readString(manifest);
        Manifests.write(manifest, said.replace("\"vikunja.public.tasks\" : 20000", "\"vikunja.public.tasks\" : 20001"));
        assertThat(verify(base.good()).error())
                .contains("vikunja.public.tasks has 20,000 rows instead of at least 20,001");
        Manifests.write(manifest, said.replace("\"vikunja.public.tasks\"", "\"vikunja.public.chores\""));
        assertThat(verify(base.good()).error()).contains("\"public.chores\" does not exist");
        Manifests.write(manifest, said.replace("\"vikunja.public.tasks\"", "\"\\\"Gone\\\".public.tasks\""));
        assertThat(verify(base.good()).error()).contains("missing in the base backup: \"Gone\".public.tasks");
        Manifests.write(manifest, said);
        assertThat(verify(base.good()).state()).isEqualTo(BackupState.VERIFIED);
    }

    @Test
    void limitsOfThisHostMakeABackupUnverifiableNotFailed() throws Exception {
        Path manifest = Path.of(base.file(base.good()) + ".manifest.json");
        String said = Files.readString(manifest);
        Manifests.write(manifest, said.replaceFirst("\"client_version\" : \"\\d+\"", "\"client_version\" : \"9\""));
        Backup older = verify(base.good());
        Manifests.write(manifest, said.replaceFirst("\"source_bytes\" : \\d+", "\"source_bytes\" : 9000000000000000"));
        Backup huge = verify(base.good());
        Manifests.write(manifest, said);
        assertThat(older.state()).isEqualTo(BackupState.UNVERIFIABLE);
        assertThat(older.error()).contains("install postgresql-9");
        assertThat(huge.state()).isEqualTo(BackupState.UNVERIFIABLE);
        assertThat(huge.error()).contains("9000000067108864").contains("pgsteward.scratch.dir");
    }

    @Test
    void aMissingLocaleMakesABackupUnverifiableNotFailed() throws Exception {
        CompletableFuture<Backup> run = base.running();
        ProcessHandle program = base.stopped(run);
        // The database is created during the backup, so the copy has it. pgsteward does not count its rows on the
        // server, where no session can connect to it either.
        host.cluster()
                .run(
                        "homelab",
                        "CREATE DATABASE elsewhere",
                        "UPDATE pg_catalog.pg_database SET datcollate = 'tlh_KX.utf8' WHERE datname = 'elsewhere'");
        ProcessSignal.send("CONT", program.pid());
        Backup backup = run.get();
        host.cluster().run("homelab", "DROP DATABASE elsewhere");

        assertThat(backup.state()).isEqualTo(BackupState.UNVERIFIABLE);
        assertThat(backup.error())
                .contains("this host cannot start the base backup")
                .contains("locale");
    }

    private Backup verify(Backup backup) {
        return wiring.backups.verify(backup);
    }
}
