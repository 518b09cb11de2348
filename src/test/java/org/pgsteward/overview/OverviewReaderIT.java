package org.pgsteward.overview;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.pgsteward.TestHost;
import org.pgsteward.app.Wiring;
import org.pgsteward.journal.BackupDays;
import org.pgsteward.journal.BackupDays.Outcome;
import org.pgsteward.postgres.NeedsPostgres;

@NeedsPostgres
@Timeout(value = 40, unit = TimeUnit.MINUTES)
class OverviewReaderIT {
    private static final Instant NOW = Instant.parse("2026-02-03T04:05:06Z");

    @Test
    void lastReadingSurvivesAnOutageAndARestart() throws Exception {
        try (TestHost host = TestHost.start()) {
            assertThat(overview(host).known()).isEmpty();
            host.wiring().house.order();
            host.cluster()
                    .run(
                            "homelab",
                            "CREATE DATABASE closed ALLOW_CONNECTIONS false",
                            "CREATE DATABASE \"wiki_before_20260102T030405Z\" ALLOW_CONNECTIONS false",
                            run("verified", 2, "now()", "file"),
                            run("failed", 3, "NULL", null),
                            run("expired", 27, "now()", "file"),
                            run("made", 50, "NULL", null),
                            run("failed", 51, "NULL", null),
                            run("made", 75, "NULL", "stream"),
                            run("running", 1, "NULL", null),
                            run("verified", 31 * 24, "now()", "file"));

            Overview seen = overview(host);
            assertThat(seen.trouble()).isEmpty();
            Overview.Service wiki = seen.services().stream()
                    .filter(service -> service.name().equals("wiki"))
                    .findFirst()
                    .orElseThrow();
            assertThat(wiki.isGone()).isTrue();
            assertThat(seen.databases())
                    .extracting(Overview.Service::name)
                    .containsExactly("closed", "homelab", "postgres");
            assertThat(wiki.restorableTo()).contains(NOW.minus(Duration.ofHours(2)));
            assertThat(wiki.days()).hasSize(BackupDays.DAYS);
            assertThat(seen.storedBytes()).as("four backups are in the store").hasValue(4000);
            assertThat(seen.host().next().usual()).contains(Instant.parse("2026-02-04T03:00:00Z"));
            assertThat(seen.host().storeDisk())
                    .hasValueSatisfying(disk -> assertThat(disk.freeBytes()).isPositive());
            assertThat(wiki.days().subList(24, 30))
                    .containsExactly(
                            Outcome.NONE,
                            Outcome.NONE,
                            Outcome.KEPT,
                            Outcome.UNVERIFIED,
                            Outcome.REMOVED,
                            Outcome.KEPT);
            assertThat(wiki.days().subList(0, 24)).containsOnly(Outcome.NONE);

            host.cluster().kill();
            Overview away = overview(host);
            assertThat(away.trouble()).hasValueSatisfying(why -> assertThat(why).contains("does not answer"));
            assertThat(away.known()).contains(NOW);
            assertThat(away.services()).isEqualTo(seen.services());
            assertThat(away.host().next()).isEqualTo(seen.host().next());
            assertThat(away.health().isWell()).isFalse();

            Files.writeString(host.folder().resolve("state/last-known.json"), "{\"at\":");
            assertThat(overview(host).known()).isEmpty();
        }
    }

    /** Returns the overview as a new process reads it, without the memory of the previous one. */
    private static Overview overview(TestHost host) throws Exception {
        Wiring wiring = host.wiring(Map.of("pgsteward.timezone", "UTC"), Clock.fixed(NOW, ZoneOffset.UTC));
        return wiring.overview();
    }

    private static String run(String state, int hoursAgo, String verifiedAt, @Nullable String verification) {
        String startedAt = "'" + NOW.minus(Duration.ofHours(hoursAgo)) + "'";
        return "INSERT INTO public.backup_log (service_name, backup_type, backup_path, backup_id, state, success,"
                + " started_at, finished_at, verified_at, proof, event_id, size_bytes) VALUES ('wiki', 'dump', 'x', 'x', '"
                + state
                + "', true, " + startedAt + ", " + startedAt + ", " + verifiedAt + ", "
                + (verification == null ? "NULL" : "'" + verification + "'") + ", gen_random_uuid(), 1000)";
    }
}
