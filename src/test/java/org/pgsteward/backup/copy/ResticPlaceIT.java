package org.pgsteward.backup.copy;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.pgsteward.backup.copy.ends.Client;
import org.pgsteward.backup.store.AgeKeys;
import org.pgsteward.backup.store.Store;
import org.pgsteward.model.Backup;
import org.pgsteward.model.BackupKind;
import org.pgsteward.postgres.NeedsPostgres;

/** Copies into a repository of restic on this machine. */
@NeedsPostgres
@Timeout(value = 10, unit = TimeUnit.MINUTES)
class ResticPlaceIT {
    private static final String PASSWORD = "Tr0ub4dor and 3";

    private CopyHost here;
    private Path repository;

    @BeforeEach
    void start() throws Exception {
        Client.need("restic", "restic");
        here = new CopyHost();
        repository = here.host.folder().resolve("repository");
        here.start(settings());
    }

    @AfterEach
    void close() throws Exception {
        if (here != null) {
            here.close();
        }
    }

    private Map<String, String> settings() {
        return Map.of(
                "pgsteward.copy.restic.repository", repository.toString(), "pgsteward.copy.restic.password", PASSWORD);
    }

    private CopyPlace place() {
        return here.wiring().copyTargets().place("restic");
    }

    private byte[] plain(Backup backup) throws Exception {
        ByteArrayOutputStream plain = new ByteArrayOutputStream();
        Store store = here.wiring().store;
        store.file(store.stored(backup.path().orElseThrow()), AgeKeys.NONE).pourInto(plain);
        return plain.toByteArray();
    }

    private static String sha256(byte[] content) throws Exception {
        return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(content));
    }

    @Test
    void everyVerifiedBackupIsCopiedWithItsManifest() throws Exception {
        Optional<String> note = place().check();
        assertThat(note.orElseThrow()).contains("the repository was created");
        Backup app = here.backUp("app");
        Backup globals = here.backUp(BackupKind.GLOBALS);

        CopyPass.Result result = here.copyTo("restic");

        assertThat(result).isEqualTo(new CopyPass.Result(2, 0, Optional.empty()));
        assertThat(here.copies("restic")).containsExactly(app.id() + " there", globals.id() + " there");
        for (Backup backup : new Backup[] {app, globals}) {
            String path = backup.path().orElseThrow();
            try (Incoming back = place().get(path)) {
                byte[] content = back.content().readAllBytes();
                assertThat(content).isEqualTo(plain(backup));
                assertThat(back.plainSha256()).hasValue(sha256(content));
            }
            try (Incoming back = place().get(Store.manifestOf(path))) {
                assertThat(back.content().readAllBytes()).isEqualTo(here.stored(Store.manifestOf(path)));
                assertThat(back.plainSha256()).isEmpty();
            }
            assertThat(place().has(path)).isTrue();
            assertThat(place().list()).contains(path, Store.manifestOf(path), "RECOVERY.md");
        }
        Path fetched = Files.createDirectory(here.host.folder().resolve("fetched"));
        assertThat(place().manifests(fetched)).hasValue(2);
        String manifest = Store.manifestOf(app.path().orElseThrow());
        assertThat(fetched.resolve(manifest)).hasBinaryContent(here.stored(manifest));
    }

    @Test
    void aSecondPassSendsNothing() throws Exception {
        place().check();
        here.backUp("app");
        here.copyTo("restic");
        List<String> before = CopyHost.filesIn(repository);
        here.start(Map.of());
        assertThat(here.copyTo("restic")).isEqualTo(new CopyPass.Result(0, 0, Optional.empty()));
        assertThat(CopyHost.filesIn(repository)).isEqualTo(before);
    }
}
