package org.pgsteward.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.pgsteward.TestHost;
import org.pgsteward.model.Condition;
import org.pgsteward.model.Severity;
import org.pgsteward.postgres.NeedsPostgres;

/** The {@code status} command as a process, on a real PostgreSQL and without a Docker Engine. */
@NeedsPostgres
@Timeout(value = 40, unit = TimeUnit.MINUTES)
class StatusCommandIT {
    @Test
    void statesHealthAndTheRestorePointOfEachService() throws Exception {
        try (TestHost host = TestHost.start()) {
            CommandRun fresh = CommandRun.on(host, "status");
            assertThat(fresh.code()).as(fresh.toString()).isEqualTo(1);
            assertThat(fresh.out().lines())
                    .containsExactly(
                            "1 problem.",
                            "",
                            "critical: postgresql: this PostgreSQL has no journal yet; a daemon that has just started creates it within seconds");

            host.cluster().run("homelab", "CREATE ROLE wiki LOGIN", "CREATE DATABASE wiki OWNER wiki");
            CommandRun made = CommandRun.on(host, "backup", "wiki");
            assertThat(made.code()).as(made.toString()).isZero();
            CommandRun part = CommandRun.on(host, "status");
            assertThat(part.code())
                    .as("two databases without a backup: " + part)
                    .isEqualTo(1);
            assertThat(part.err()).isEmpty();
            assertThat(part.out().lines().toList())
                    .satisfiesExactly(
                            line -> assertThat(line)
                                    .isEqualTo("All is well, except: homelab and postgres have no backup yet."),
                            line -> assertThat(line)
                                    .matches("1 of 3 databases can be restored to \\d+ s ago \\(wiki\\);"
                                            + " without a verified backup: homelab, postgres\\."),
                            line -> assertThat(line).isEmpty(),
                            line -> assertThat(line)
                                    .matches("SERVICE +STATE +CAN BE RESTORED TO +NEWEST RUN +RESTORE TAKES +DATABASE"
                                            + " +SESSIONS +BACKUP +MEMORY +BACKUPS OF 30 DAYS"),
                            line -> assertThat(line)
                                    .matches(
                                            "homelab +no service +no verified backup +none +- +[\\d.]+ MiB +0 +- +- +-"),
                            line -> assertThat(line)
                                    .matches(
                                            "postgres +no service +no verified backup +none +- +[\\d.]+ MiB +0 +- +- +-"),
                            line -> assertThat(line)
                                    .matches("wiki +unknown +\\d+ s ago +verified +(< 1|\\d+) s +[\\d.]+ MiB +0"
                                            + " +[\\d.]+ K?i?B +- +1 verified"));

            // Otherwise both backups would share one file.
            host.cluster().run("wiki", "CREATE TABLE public.new_since (n INT)");
            assertThat(CommandRun.on(host, "backup", "--all").code()).isZero();
            CommandRun well = CommandRun.on(host, "status");
            assertThat(well.code()).as(well.toString()).isZero();
            assertThat(well.out()).startsWith("All is well.\nEvery database can be restored, the oldest to ");
            assertThat(well.out()).contains("\nroles and passwords ");

            host.cluster()
                    .run(
                            "homelab",
                            "INSERT INTO public.service_configs (service_name, database_name, quarantined_at)"
                                    + " VALUES ('wiki', 'wiki', now())");
            CommandRun quarantined = CommandRun.on(host, "status", "--json");
            assertThat(quarantined.code()).isEqualTo(1);
            JsonNode wiki = new ObjectMapper().readTree(quarantined.out());
            assertThat(wiki.path("well").asBoolean(true)).isFalse();
            assertThat(wiki.path("headline").asText()).isEqualTo("All is well, except: wiki is in quarantine.");
            assertThat(wiki.path("reasons").path(0).path("service").asText()).isEqualTo("wiki");
            assertThat(wiki.at("/services").findValuesAsText("state")).contains("quarantined");
            host.cluster().run("homelab", "DELETE FROM public.service_configs");

            host.wiring()
                    .alerts
                    .consider(Condition.bad(
                            Severity.CRITICAL,
                            "service-down",
                            "wiki\n",
                            "exited with code 137",
                            "docker start wiki\ndocker logs --tail 50 wiki",
                            host.wiring().clock.instant()));
            CommandRun firing = CommandRun.on(host, "status");
            assertThat(firing.code()).isEqualTo(1);
            assertThat(firing.out())
                    .startsWith("1 problem.\nEvery database can be restored, the oldest to ")
                    .contains("\n\ncritical, for ")
                    .contains("""
                            : wiki service down: exited with code 137
                                docker start wiki
                                docker logs --tail 50 wiki
                            """);

            silencesAreMadeListedAndEnded(host);

            Path state = host.folder().resolve("no-state");
            CommandRun stranger = CommandRun.on(
                    host,
                    Map.of("PGSTEWARD_STATE_DIR", state.toString(), "PGSTEWARD_POSTGRES_PASSWORD", "not it"),
                    "status");
            assertThat(stranger.code()).isEqualTo(1);
            assertThat(stranger.out())
                    .contains("PostgreSQL refuses the connection of pgsteward: ")
                    .contains("PGSTEWARD_POSTGRES_USER and _PASSWORD");
            assertThat(state).as("status creates no state folder").doesNotExist();

            host.cluster().kill();
            CommandRun away = CommandRun.on(host, "status", "--json");
            assertThat(away.code()).as(away.toString()).isEqualTo(1);
            assertThat(away.err()).isEmpty();
            JsonNode document = new ObjectMapper().readTree(away.out());
            assertThat(document.path("well").asBoolean(true)).isFalse();
            assertThat(document.path("trouble").asText()).startsWith("PostgreSQL does not answer: ");
            assertThat(document.path("problems").asInt()).isEqualTo(2);
            assertThat(document.path("known_at").asText()).isNotEmpty();
            assertThat(document.at("/recent_incidents/0/title").asText())
                    .isEqualTo("wiki service down: exited with code 137");
            assertThat(document.at("/recent_incidents/0/resolved_at").isNull()).isTrue();
            assertThat(Instant.parse(document.path("next_backup_at").asText())).isAfter(Instant.now());
            assertThat(document.path("store_bytes").asLong())
                    .as("dumps of three databases, one of them twice, and the globals")
                    .isGreaterThan(sum(document.path("services"), "backup_bytes"));
            assertThat(document.path("store_disk_free_bytes").asLong())
                    .isBetween(1L, document.path("store_disk_total_bytes").asLong());
            assertThat(document.path("services").path(3).path("restorable_to").asText())
                    .as("last known value")
                    .startsWith("20");
            assertThat(document.path("alerts").path(0).path("remedy").asText()).startsWith("docker start wiki");
        }
    }

    private static long sum(JsonNode list, String field) {
        long sum = 0;
        for (JsonNode one : list) {
            sum += one.path(field).asLong();
        }
        return sum;
    }

    @Test
    void aRefusedCommandLeavesNothingBehind() throws Exception {
        try (TestHost host = TestHost.start()) {
            Path state = host.folder().resolve("no-state");
            Map<String, String> settings =
                    Map.of("PGSTEWARD_POSTGRES_PASSWORD", "", "PGSTEWARD_STATE_DIR", state.toString());
            for (String command : List.of("status", "doctor", "silence", "provision", "backup", "run")) {
                CommandRun refused = CommandRun.on(host, settings, command);
                assertThat(refused.code()).as(refused.toString()).isEqualTo(2);
                assertThat(state).as(command).doesNotExist();
            }
            CommandRun mistyped = CommandRun.on(
                    host, Map.of("PGSTEWARD_STATE_DIR", state.toString()), "silence", "wiki", "--kind", "NOSUCH");
            assertThat(mistyped.code()).as(mistyped.toString()).isEqualTo(2);
            assertThat(state).doesNotExist();
        }
    }

    private static void silencesAreMadeListedAndEnded(TestHost host) throws Exception {
        CommandRun made = CommandRun.on(host, "silence", "wiki", "--for", "2h", "--reason", "an update");
        assertThat(made.code()).as(made.toString()).isZero();
        assertThat(made.out().lines()).hasSize(2).last().asString().matches("\\w{6} +wiki +\\(all\\) +20.* an update");
        String id = made.out().lines().skip(1).findFirst().orElseThrow().substring(0, 6);

        CommandRun status = CommandRun.on(host, "status");
        assertThat(status.out()).containsPattern("\nAlerts muted: wiki, for another (2 h|1 h 59 min): an update\\.\n");
        assertThat(new ObjectMapper()
                        .readTree(CommandRun.on(host, "status", "--json").out())
                        .at("/silences/0/id")
                        .asText())
                .isEqualTo(id);

        CommandRun ended = CommandRun.on(host, "silence", "--end", id);
        assertThat(ended.out()).as(ended.toString()).isEqualTo("Silence " + id + " has ended.\nNo silence is active.");
        assertThat(host.rows(
                        "homelab", "SELECT action FROM public.user_activity WHERE action LIKE 'silence%' ORDER BY id"))
                .containsExactly("silence " + id + " for 2h", "silence " + id + " ended");

        CommandRun nobody = CommandRun.on(host, "silence", "wikki");
        assertThat(nobody.code()).isEqualTo(2);
        assertThat(nobody.err())
                .isEqualTo("pgsteward: there is no service 'wikki'; did you mean 'wiki'? (to silence it, add"
                        + " --force)");
        assertThat(CommandRun.on(host, "silence", "wikki", "--for", "1m", "--force")
                        .code())
                .isZero();

        CommandRun noKind = CommandRun.on(host, "silence", "wiki", "--kind", "servcie-down");
        assertThat(noKind.code()).isEqualTo(2);
        assertThat(noKind.err())
                .isEqualTo(
                        "pgsteward: there is no kind of alert 'servcie-down'; did you mean 'service-down'? (to silence"
                                + " it, add --force)");
        assertThat(CommandRun.on(host, "silence", "--all", "--kind", "NOSUCH").err())
                .startsWith(
                        "pgsteward: there is no kind of alert 'NOSUCH'; known: archiver-failing, autovacuum-ended, ");
        CommandRun renamed = CommandRun.on(host, "silence", "wiki", "--kind", "feed-deaf", "--json");
        assertThat(renamed.out()).as(renamed.toString()).contains("\"kind\":\"feed-stale\"");
        assertThat(CommandRun.on(host, "silence", "--all", "--kind", "my-own", "--force")
                        .code())
                .isZero();

        CommandRun wrong = CommandRun.on(host, "silence", "wiki", "--for", "soon");
        assertThat(wrong.code()).isEqualTo(2);
        assertThat(wrong.err()).isEqualTo("pgsteward: --for is 'soon', not a time such as 90m, 6h or 2d");

        CommandRun noService = CommandRun.on(host, "silence", "--for", "2h");
        assertThat(noService.code()).isEqualTo(2);
        assertThat(noService.err())
                .isEqualTo("pgsteward: silence with --kind, --for or --reason needs SERVICE or --all");
    }
}
