package org.pgsteward.web;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.pgsteward.TestHost;
import org.pgsteward.app.Daemon;
import org.pgsteward.app.Reference;
import org.pgsteward.app.Wiring;
import org.pgsteward.engine.recorded.RecordedEngine;
import org.pgsteward.io.Json;
import org.pgsteward.model.BackupKind;
import org.pgsteward.postgres.NeedsPostgres;

/** The metrics of the whole daemon, and their use by Prometheus and Grafana. */
@NeedsPostgres
@Timeout(value = 40, unit = TimeUnit.MINUTES)
class MetricsIT {
    private static final Path RULES = Path.of("src/main/prometheus/pgsteward.rules.yml");
    private static final Path DASHBOARD = Path.of("src/main/grafana/dashboards/pgsteward.json");
    private static final Pattern FIGURE = Pattern.compile("\\bpgsteward_[a-z_]+\\b");
    private static final Pattern OFFERED = Pattern.compile("(?m)^# TYPE (\\S+) ");

    /** A copy at the target "folder" that a drill has verified. */
    private static final String COPY = """
            INSERT INTO public.backup_copy (service_name, backup_type, backup_id, backup_event_id, backup_path, started_at,
                   target, state, copied_at, checked_at, verified_at, event_id)
            SELECT service_name, backup_type, backup_id, event_id, backup_path, started_at,
                   'folder', 'verified', now(), now(), now(), gen_random_uuid()
              FROM public.backup_log WHERE service_name = 'linkding'
            """;

    private final HttpClient client = HttpClient.newHttpClient();

    @Test
    void everyFigureThatTheRulesAndTheDashboardNameIsThere() throws Exception {
        Set<String> named = names(FIGURE, Files.readString(RULES));
        named.addAll(names(FIGURE, String.join("\n", queries())));
        assertThat(named).hasSizeGreaterThan(10);
        try (TestHost host = TestHost.start();
                RecordedEngine engine = new RecordedEngine(Clock.systemUTC())) {
            Wiring wiring = host.wiring(Map.of(
                    "pgsteward.http.port", "0",
                    "pgsteward.docker.host", engine.host(),
                    "pgsteward.postgres.container", "postgresql",
                    "pgsteward.monitor.period", "1s",
                    "pgsteward.copy.folder.dir", host.folder().toString(),
                    "pgsteward.copies.tick", "0 0 0 1 1 ?",
                    "pgsteward.reconcile.delay", "1h"));
            wiring.house.order();
            try (Daemon daemon = wiring.daemon().start()) {
                await().until(daemon::hears);
                engine.play("deploy");
                await().until(() -> wiring.targets.all(BackupKind.DUMP).stream()
                        .anyMatch(found -> found.target().service().equals("linkding")));
                // The first reconcile does not wait for its timer.
                await().until(() -> wiring.server
                        .ask("SELECT pg_catalog.has_database_privilege('public', 'postgres', 'CONNECT')")
                        .equals("f"));
                host.backUp(wiring, "linkding");
                host.cluster().run("homelab", "UPDATE public.backup_log SET set_id = 'night'");
                host.cluster().run("homelab", COPY);
                await().untilAsserted(
                                () -> assertThat(names(OFFERED, scrape(daemon))).containsAll(named));
                await().untilAsserted(() -> assertThat(names(OFFERED, scrape(daemon)))
                        .as(Reference.FILE + ": exactly these metrics")
                        .containsExactlyInAnyOrderElementsOf(
                                Reference.rows("Metrics").keySet()));
                String figures = scrape(daemon);
                assertThat(figures)
                        .contains("pgsteward_postgres_up 1.0", "pgsteward_service_up{service=\"linkding\"} 1.0")
                        .contains("pgsteward_copy_backups{state=\"verified\",target=\"folder\"} 1.0")
                        .contains(
                                "pgsteward_copy_last_verified_timestamp_seconds{service=\"linkding\",target=\"folder\"}");
                assertThat(Promtool.says(figures, "check", "metrics")).isEmpty();

                host.cluster().kill();
                assertThat(scrape(daemon))
                        .contains("pgsteward_postgres_up 0.0")
                        .doesNotContain("pgsteward_database_size_bytes{");
            }
        }
    }

    @Test
    void promtoolAcceptsTheRulesAndTheirTestsAndTheDashboardsQueries() throws Exception {
        assertThat(Promtool.says("", "check", "config", "src/main/prometheus/prometheus.yml"))
                .doesNotContain("FAILED");
        assertThat(Promtool.says("", "test", "rules", "src/test/prometheus/pgsteward.rules.test.yml"))
                .doesNotContain("FAILED");
        StringBuilder recording = new StringBuilder("groups:\n- name: dashboard\n  rules:\n");
        for (String query : queries()) {
            recording
                    .append("  - record: query_")
                    .append(recording.length())
                    .append("\n    expr: '")
                    .append(query.replace("'", "''"))
                    .append("'\n");
        }
        Path rules = Files.createTempFile("dashboard", ".yml");
        try {
            Files.writeString(rules, recording);
            assertThat(Promtool.says("", "check", "rules", rules.toString())).doesNotContain("FAILED");
        } finally {
            Files.delete(rules);
        }
    }

    private static List<String> queries() throws Exception {
        List<String> queries = new ArrayList<>();
        for (JsonNode panel : Json.mapper().readTree(DASHBOARD.toFile()).path("panels")) {
            panel.path("targets")
                    .forEach(target -> queries.add(target.path("expr").asText()));
        }
        assertThat(queries).hasSizeGreaterThan(10).allMatch(query -> !query.isBlank());
        return queries;
    }

    private static Set<String> names(Pattern pattern, String text) {
        Set<String> names = new TreeSet<>();
        pattern.matcher(text).results().forEach(found -> names.add(found.group(found.groupCount())));
        return names;
    }

    private String scrape(Daemon daemon) throws Exception {
        URI address = URI.create("http://127.0.0.1:" + daemon.httpPort() + "/observe/metrics");
        return client.send(HttpRequest.newBuilder(address).build(), BodyHandlers.ofString())
                .body();
    }
}
