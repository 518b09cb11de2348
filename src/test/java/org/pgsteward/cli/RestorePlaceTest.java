package org.pgsteward.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Instant;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.pgsteward.backup.store.DatabaseEnvironment;
import org.pgsteward.backup.store.Manifest;
import org.pgsteward.model.Enrolment;

@Tag("fast")
class RestorePlaceTest {
    private static final Instant NOW = Instant.parse("2026-01-02T03:05:00Z");

    @Test
    void dumpIsRestoredIntoItsDatabaseOfAnyService() {
        Manifest gitea = dump("gitea", "gitea");
        assertThat(RestorePlace.of(gitea, List.of())).isEqualTo(new RestorePlace("gitea", "old", "gitea"));
        assertThat(RestorePlace.of(gitea, List.of(enrolled("webapp", "gitea"))))
                .isEqualTo(new RestorePlace("webapp", "webapp", "gitea"));
        assertThat(RestorePlace.of(gitea, List.of(enrolled("gitea", "gitea2"), enrolled("webapp", "gitea"))))
                .isEqualTo(new RestorePlace("webapp", "webapp", "gitea"));
        // The service was renamed, and no other service has the database.
        assertThat(RestorePlace.of(gitea, List.of(enrolled("gitea", "git"))))
                .isEqualTo(new RestorePlace("gitea", "gitea", "git"));
    }

    @Test
    void dumpReplacesAnotherDatabaseOnlyIfItsOwnIsGone() {
        List<Enrolment> moved = List.of(enrolled("gitea", "gitea2"), enrolled("webapp", "gitea"));
        assertThat(RestorePlace.notReplacing(dump("gitea", "gitea"), moved, List.of("gitea", "gitea2")))
                .contains("backup 'gitea-1' is of database gitea, which still exists, and service gitea has database"
                        + " gitea2 now: restore the backup with --into into a new database");
        assertThat(RestorePlace.notReplacing(dump("gitea", "gitea"), moved, List.of("gitea2")))
                .isEmpty();
        assertThat(RestorePlace.notReplacing(dump("webapp", "gitea"), moved, List.of("gitea", "gitea2")))
                .isEmpty();
        assertThat(RestorePlace.notReplacing(dump("plain", "plain"), moved, List.of("plain", "gitea")))
                .isEmpty();
    }

    private static Enrolment enrolled(String service, String database) {
        return new Enrolment(service, database, service, service, "c0ffee", "image:1", "", NOW);
    }

    private static Manifest dump(String service, String database) {
        return new Manifest(
                new Manifest.Identity(service + "-1", "00000000-0000-0000-0000-000000000001", ""),
                new Manifest.Source(service, database, "old", "", "dump"),
                new Manifest.Run(NOW, NOW, "15.8", "15"),
                new Manifest.File(service + "-1.dump.zst", "ab".repeat(32), 10, 20, List.of(), ""),
                new Manifest.Contents(Map.of(), Map.of(), DatabaseEnvironment.UNKNOWN),
                List.of());
    }
}
