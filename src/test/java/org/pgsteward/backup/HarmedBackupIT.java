package org.pgsteward.backup;

import static org.assertj.core.api.Assertions.assertThat;

import com.github.luben.zstd.ZstdInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Instant;
import java.util.Arrays;
import java.util.UUID;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.pgsteward.backup.store.Manifests;
import org.pgsteward.model.Backup;
import org.pgsteward.model.BackupState;
import org.pgsteward.postgres.NeedsPostgres;

/** Damaged stored files, which fail their verification with the reason. */
@NeedsPostgres
class HarmedBackupIT extends OnBackupHost {
    @Test
    void removesTheLeftoversOfAKilledVerification() throws Exception {
        Path scratch = Files.createDirectories(host.folder().resolve("state/scratch"));
        Path left = Files.createDirectories(scratch.resolve(UUID.randomUUID().toString()));
        Files.setLastModifiedTime(left, FileTime.from(Instant.now().minusSeconds(120)));
        Path begun = Files.createDirectories(scratch.resolve(UUID.randomUUID().toString()));
        Files.setLastModifiedTime(begun, FileTime.from(Instant.now().plusSeconds(3600)));

        assertThat(host.backUp(wiring, host.cluster().newDatabase()).state()).isEqualTo(BackupState.VERIFIED);

        assertThat(left).doesNotExist();
        assertThat(begun).exists();
        Files.delete(begun);
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
        A_LENGTH_CHANGED("damaged") {
            @Override
            void befall(Path file) throws IOException {
                byte[] bytes;
                try (InputStream plain = new ZstdInputStream(Files.newInputStream(file))) {
                    bytes = plain.readAllBytes();
                }
                // A block of the table begins with its length, a sign and four bytes. For a negative length
                // pg_restore reports "out of memory".
                String firstRow = "1\tc4ca4238a0b923820dcc509a6f75849b";
                int row = new String(bytes, StandardCharsets.ISO_8859_1).indexOf(firstRow);
                bytes[row - 5] = 1;
                Files.write(file, com.github.luben.zstd.Zstd.compress(bytes));
            }
        },
        EMPTIED("damaged") {
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
        SOMETHING_ADDED("SHA-256") {
            @Override
            void befall(Path file) throws IOException {
                byte[] bytes = Files.readAllBytes(file);
                // Every reader of zstd skips this empty frame.
                byte[] nothing = {0x50, 0x2a, 0x4d, 0x18, 0, 0, 0, 0};
                byte[] longer = Arrays.copyOf(bytes, bytes.length + nothing.length);
                System.arraycopy(nothing, 0, longer, bytes.length, nothing.length);
                Files.write(file, longer);
            }
        };

        private final String reason;

        Harm(String reason) {
            this.reason = reason;
        }

        abstract void befall(Path file) throws IOException;
    }

    @ParameterizedTest
    @EnumSource
    void aDamagedFileFailsItsVerificationWithAReason(Harm harm) throws Exception {
        String database = host.cluster().newDatabase();
        host.cluster()
                .run(
                        database,
                        "CREATE TABLE public.notes AS SELECT n, md5(n::text) FROM generate_series(1, 5000) AS n");
        Backup backup = host.backUp(wiring, database);
        assertThat(backup.state()).isEqualTo(BackupState.VERIFIED);
        harm.befall(host.store().resolve(backup.path().orElseThrow()));

        Backup first = verify(backup);

        assertThat(first.state()).isEqualTo(BackupState.FAILED);
        assertThat(first.error()).startsWith("the restore failed: ").contains(harm.reason);
        assertThat(host.journal(database)).singleElement().asString().startsWith("failed: the restore failed: ");
        assertThat(host.notices(database)).singleElement().asString().startsWith("firing");
    }

    @Test
    void aManifestWithOtherCountsFailsTheVerification() throws Exception {
        String database = host.cluster().newDatabase();
        host.cluster().run(database, "CREATE TABLE public.notes AS SELECT generate_series(1, 10)");
        Backup backup = host.backUp(wiring, database);
        Path manifest = host.store().resolve(backup.path().orElseThrow() + ".manifest.json");
        Manifests.write(manifest, Files.readString(manifest).replace("\"public.notes\" : 10", "\"public.notes\" : 11"));

        assertThat(verify(backup).error()).contains("public.notes has 10 rows, not 11");
    }

    @Test
    void repeatedFailuresRaiseOneAlertUntilASuccess() throws Exception {
        String database = host.cluster().newDatabase();
        Backup backup = host.backUp(wiring, database);
        Path file = host.store().resolve(backup.path().orElseThrow());
        byte[] whole = Files.readAllBytes(file);
        Harm.TRUNCATED.befall(file);
        verify(backup);
        verify(backup);
        assertThat(host.notices(database)).singleElement().asString().startsWith("firing");
        Files.write(file, whole);

        assertThat(verify(backup).state()).isEqualTo(BackupState.VERIFIED);

        assertThat(host.notices(database))
                .hasSize(2)
                .anyMatch(notice -> notice.startsWith("firing"))
                .anyMatch(notice -> notice.startsWith("resolved"));
    }

    private Backup verify(Backup backup) {
        return wiring.backups.verify(backup);
    }
}
