package org.pgsteward.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.pgsteward.TestHost;
import org.pgsteward.postgres.NeedsPostgres;

/** The commands {@code pin}, {@code unpin} and {@code backups --plan} as processes. */
@NeedsPostgres
@Timeout(value = 20, unit = TimeUnit.MINUTES)
class PinCommandIT {
    @Test
    void backupsArePinnedListedPlannedAndUnpinned() throws Exception {
        try (TestHost host = TestHost.start()) {
            host.environment().put("PGSTEWARD_BACKUP_KEEP", "last=1");
            host.cluster().run("homelab", "CREATE ROLE wiki LOGIN", "CREATE DATABASE wiki OWNER wiki");
            for (int i = 0; i < 3; i++) {
                assertThat(CommandRun.on(host, "backup", "wiki").code()).isZero();
            }
            List<String> rows =
                    CommandRun.on(host, "backups", "wiki").out().lines().toList();
            String oldest = rows.get(3).substring(rows.get(3).lastIndexOf(' ') + 1);
            String id = oldest.substring(0, oldest.indexOf('.'));

            CommandRun plan = CommandRun.on(host, "backups", "--plan");
            assertThat(plan.code()).as(plan.toString()).isZero();
            assertThat(plan.out().lines().toList())
                    .satisfiesExactly(
                            line -> assertThat(line).matches("SERVICE +KEEPS +REMOVES +FREES +POLICY"),
                            line -> assertThat(line).matches("wiki +1 +2 +[\\d.]+ [KM]?i?B +last=1"),
                            line -> assertThat(line)
                                    .matches("Retention would remove 2 backups \\([\\d.]+ [KM]?i?B\\) now\\. '.*"));

            CommandRun pinned = CommandRun.on(host, "pin", oldest, "--reason", "year 2026");
            assertThat(pinned.code()).as(pinned.toString()).isZero();
            assertThat(pinned.out())
                    .isEqualTo("Pinned wiki/" + oldest + ". Retention keeps it until 'pgsteward unpin " + id + "'.");
            assertThat(CommandRun.on(host, "backups", "wiki").out())
                    .containsPattern("\n" + oldest + " is pinned by an operator at 20.*Z: year 2026");
            JsonNode list = new ObjectMapper()
                    .readTree(CommandRun.on(host, "backups", "--json").out());
            assertThat(list.at("/backups/2/pinned").asText()).endsWith("year 2026");
            assertThat(list.at("/backups/0/pinned").isNull()).isTrue();

            CommandRun details = CommandRun.on(host, "backups", "--plan", "wiki");
            assertThat(details.out().lines().toList())
                    .satisfiesExactly(
                            line -> assertThat(line).isEqualTo("Policy of wiki: last=1"),
                            line -> assertThat(line).matches("KIND +BEGUN +AGE +SIZE +PLAN +FILE +WHY"),
                            line -> assertThat(line).matches("dump .* keep +wiki-.*last.*newest verified backup"),
                            line -> assertThat(line).matches("dump .* remove +wiki-.*"),
                            line -> assertThat(line).matches("dump .* keep +wiki-.*pinned: by an operator at .*"));
            JsonNode json = new ObjectMapper()
                    .readTree(CommandRun.on(host, "backups", "--plan", "--json").out());
            assertThat(json.at("/plan/0/policy").asText()).isEqualTo("last=1");
            assertThat(json.at("/plan/0/backups").findValuesAsText("keep")).containsExactly("true", "false", "true");

            CommandRun unknown = CommandRun.on(host, "pin", "wiki-x");
            assertThat(unknown.code()).isEqualTo(2);
            assertThat(unknown.err().lines()).hasSize(1);
            host.cluster()
                    .run(
                            "homelab",
                            "INSERT INTO public.backup_log (service_name, backup_type, backup_id, state)"
                                    + " VALUES ('wiki', 'dump', 'wiki-20200101T000000Z', 'expired')");
            assertThat(CommandRun.on(host, "pin", "wiki-20200101T000000Z").err())
                    .isEqualTo("pgsteward: retention has removed backup 'wiki-20200101T000000Z';"
                            + " 'pgsteward backups' lists the others");
            CommandRun nobody = CommandRun.on(host, "backups", "--plan", "wikki");
            assertThat(nobody.code()).isEqualTo(2);
            assertThat(nobody.err()).isEqualTo("pgsteward: the journal has no backup of 'wikki'; did you mean 'wiki'?");

            CommandRun unpinned = CommandRun.on(host, "unpin", id, "--json");
            assertThat(unpinned.code()).as(unpinned.toString()).isZero();
            assertThat(new ObjectMapper()
                            .readTree(unpinned.out())
                            .path("changed")
                            .asBoolean())
                    .isTrue();
            assertThat(CommandRun.on(host, "unpin", id).out()).isEqualTo("wiki/" + oldest + " was not pinned.");

            host.cluster().kill();
            Map<String, String> soon = Map.of("PGSTEWARD_POSTGRES_CONNECT_TIMEOUT", "1s");
            assertThat(CommandRun.on(host, soon, "pin", id).code()).isZero();
            CommandRun away = CommandRun.on(host, soon, "unpin", id);
            assertThat(away.code()).isEqualTo(1);
            assertThat(away.out()).startsWith("Unpinned wiki/");
            assertThat(away.err()).startsWith("pgsteward: cannot remove the pin of an image change, if there is one: ");
            CommandRun noPlan = CommandRun.on(host, soon, "backups", "--plan");
            assertThat(noPlan.code()).isEqualTo(2);
            assertThat(noPlan.err())
                    .startsWith("pgsteward: cannot plan the retention, which decides by the journal: PostgreSQL does");
        }
    }
}
