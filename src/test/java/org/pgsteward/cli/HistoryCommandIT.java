package org.pgsteward.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.time.Duration;
import java.time.Instant;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.pgsteward.TestHost;
import org.pgsteward.alert.AlertRegistry;
import org.pgsteward.model.Condition;
import org.pgsteward.model.Severity;
import org.pgsteward.postgres.NeedsPostgres;

/** The {@code history} command as a process, while PostgreSQL is down. */
@NeedsPostgres
@Timeout(value = 20, unit = TimeUnit.MINUTES)
class HistoryCommandIT {
    @Test
    void listsWhatFiredAndResolvedNewestFirst() throws Exception {
        try (TestHost host = TestHost.start()) {
            host.cluster().kill();
            assertThat(CommandRun.on(host, "history").out()).isEqualTo("No alert has fired since 7d ago.");

            Instant now = Instant.now();
            AlertRegistry alerts = host.wiring().alerts;
            alerts.consider(Condition.bad(
                    Severity.CRITICAL, "service-down", "wiki", "exited\nwith 137", "", now.minus(Duration.ofDays(9))));
            alerts.consider(Condition.well("service-down", "wiki", "it runs", now.minus(Duration.ofHours(200))));
            alerts.consider(Condition.bad(
                    Severity.WARNING, "memory-high", "notes", "91 %", "", now.minus(Duration.ofHours(3))));
            alerts.consider(Condition.well("memory-high", "notes", "50 %", now.minus(Duration.ofHours(2))));
            alerts.consider(Condition.bad(Severity.CRITICAL, "service-down", "wiki", "exited with 1", "", now));

            CommandRun week = CommandRun.on(host, "history");
            assertThat(week.code()).as(week.toString()).isZero();
            assertThat(week.err()).isEmpty();
            assertThat(week.out().lines().toList())
                    .satisfiesExactly(
                            line -> assertThat(line).matches("FIRED +RESOLVED +DURATION +SEVERITY +SERVICE +ALERT"),
                            line -> assertThat(line)
                                    .matches("20.* fires now .* critical +wiki +service down: exited with 1"),
                            line -> assertThat(line).matches("20.* 20.* 1 h +warning +notes +memory high: 91 %"));

            JsonNode all = new ObjectMapper()
                    .readTree(CommandRun.on(host, "history", "--since", "30d", "--json")
                            .out());
            assertThat(all.path("incidents")).hasSize(3);
            assertThat(all.at("/incidents/0/resolved_at").isNull()).isTrue();
            assertThat(all.at("/incidents/2/title").asText()).isEqualTo("wiki service down: exited with 137");
            assertThat(all.at("/incidents/2/seconds").asLong()).isEqualTo(16 * 3600);

            CommandRun future = CommandRun.on(host, "history", "--since", "2999-01-01 00:00");
            assertThat(future.code()).isEqualTo(2);
            assertThat(future.err()).isEqualTo("pgsteward: --since '2999-01-01 00:00' is in the future");
            CommandRun noTime = CommandRun.on(host, "history", "--since", "soon");
            assertThat(noTime.code()).isEqualTo(2);
            assertThat(noTime.err()).startsWith("pgsteward: --since 'soon' is not a time: write 2026-01-31T03:00:00Z");
        }
    }
}
