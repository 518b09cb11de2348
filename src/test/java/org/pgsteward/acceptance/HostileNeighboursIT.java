package org.pgsteward.acceptance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.pgsteward.acceptance.Story.await;
import static org.pgsteward.acceptance.Story.say;
import static org.pgsteward.acceptance.Story.sinceThen;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestMethodOrder;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.pgsteward.engine.NeedsEngine;

/** Containers and programs of the same host attack the shared PostgreSQL or pgsteward, and privileges drift. */
@NeedsEngine
@Tag("deployment")
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
class HostileNeighboursIT implements InTheEnd {
    @RegisterExtension
    static final Story STORY = Story.of("neighbours", "vikunja", "hedgedoc");

    /** A service that does not belong to the seed. */
    private static final String NEIGHBOUR = "neighbour";

    /** The attacking container. */
    static final String GUESSER = "guesser";

    private final Deployment host = STORY.host();
    private final Alerts alerts = STORY.alerts();

    @Override
    public Story story() {
        return STORY;
    }

    @Test
    @Order(1)
    void driftedPrivilegesAreRepairedAndRaiseAnAlert() {
        host.sql("GRANT CONNECT ON DATABASE hedgedoc TO PUBLIC");

        // A repair within the five seconds that a notification waits produces one message; a later repair produces two.
        await().until(() -> rightsOfHedgedoc("state").contains("resolved"));
        assertThat(intoHedgedoc().err()).contains("permission denied for database");
        assertThat(rightsOfHedgedoc("text").get(0)).contains("every role may connect to database hedgedoc");
        assertThat(rightsOfHedgedoc("state")).doesNotHaveDuplicates();
        Ended plan = host.pgsteward("provision", "--plan");
        assertThat(plan.isWell()).as(plan.both()).isTrue();
        assertThat(plan.out())
                .containsPattern("vikunja +database vikunja of role vikunja")
                .contains("pending: none");
    }

    /**
     * A container that pgsteward took for the engine could set any password. One that it took for the server could
     * relay the administrator's login.
     */
    @Test
    @Order(2)
    void containersWithNamesOfEngineOrServerAreNotTrusted() {
        String resolved = host.inside("pgsteward", "getent ahosts postgresql docker-proxy | sort -u")
                .well()
                .out();
        host.runs(
                        GUESSER,
                        "--network-alias",
                        "docker-proxy",
                        "--network-alias",
                        "postgresql",
                        "--entrypoint",
                        "sleep",
                        Deployment.APPLICATION,
                        "600")
                .well();
        try {
            assertThat(host.inside("vikunja", "getent ahosts docker-proxy").out())
                    .as("addresses of the proxy seen by a service")
                    .isNotEmpty();
            assertThat(host.inside("pgsteward", "getent ahosts postgresql docker-proxy | sort -u")
                            .well()
                            .out())
                    .isEqualTo(resolved);
            await().until(() -> alerts.states("postgres-name-taken").equals(List.of("firing")));
        } finally {
            host.docker("rm", "--force", GUESSER);
        }
        await().until(() -> alerts.states("postgres-name-taken").equals(List.of("firing", "resolved")));
    }

    @Test
    @Order(3)
    void aContainerThatTriesAWrongPasswordForAnothersRoleIsNamed() {
        host.runs(
                        NEIGHBOUR,
                        "--env",
                        "LD_DB_ENGINE=postgres",
                        "--env",
                        "LD_DB_HOST=postgresql",
                        "--env",
                        "LD_DB_USER=latecomer",
                        "--env",
                        "LD_DB_PASSWORD=known-secret-latecomer",
                        "--env",
                        "LD_DB_DATABASE=latecomer",
                        Deployment.APPLICATION)
                .well();
        await().until(() -> host.sql("SELECT count(*) FROM service_configs WHERE service_name = '" + NEIGHBOUR + "'")
                .equals("1"));
        Instant started = Instant.now();
        // Failures within a minute after a service got its database are not counted, because its own first attempts
        // fail as well.
        host.sql("UPDATE service_configs SET created_at = (now() AT TIME ZONE 'UTC') - interval '60 seconds'"
                + " WHERE service_name = '" + NEIGHBOUR + "'");
        // This container is not one of the seed's four services. Their attempts on one another's databases raise no
        // alert.
        host.runs(
                        GUESSER,
                        "--env",
                        "PGPASSWORD=known-secret-wrong",
                        "--entrypoint",
                        "sh",
                        Deployment.APPLICATION,
                        "-c",
                        "for n in 1 2 3 4; do psql -Xq -h postgresql -U latecomer -d latecomer -c 'SELECT 1'; done; sleep 600")
                .well();
        try {
            await().until(() -> !alerts.received("logins-failed", GUESSER).isEmpty());
        } finally {
            host.docker("rm", "--force", GUESSER);
        }
        say("a wrong password was told after %d ms", sinceThen(started));
        JsonNode notice = alerts.received("logins-failed", GUESSER).get(0);
        assertThat(notice.path("text").asText())
                .containsPattern("x wrong password: role latecomer, database latecomer, from guesser \\([0-9.]+\\)");
        assertThat(notice.path("remedy").asText()).contains("docker stop guesser");
    }

    @Test
    @Order(4)
    void aStatementThatTakesAllMemoryFailsByItselfAndEndsNoOther() {
        String since =
                "SELECT pg_postmaster_start_time(), backend_start FROM pg_stat_activity WHERE backend_type = 'checkpointer'";
        String before = host.sql(since);

        Ended greedy = host.inside(
                "vikunja",
                "PGPASSWORD=$VIKUNJA_DATABASE_PASSWORD psql -XqAt -h postgresql -U vikunja -d vikunja"
                        + " -c \"SET work_mem = '2GB'\""
                        + " -c \"SELECT count(*) FROM (SELECT DISTINCT repeat(n::text, 20) FROM generate_series(1, 9000000) n) t\""
                        + " -c \"SELECT cardinality(array_agg(repeat(n::text, 20))) FROM generate_series(1, 9000000) n\"");

        assertThat(greedy.err()).contains("ERROR:  out of memory");
        assertThat(host.sql(since)).isEqualTo(before);
        assertThat(host.inspect("postgresql", "{{.State.OOMKilled}}")).isEqualTo("false");
    }

    @Test
    @Order(5)
    void alertNamesClientHoldingAllConnectionsWithoutLogin() {
        int before = alerts.states("postgres-down").size();
        host.runs(
                        GUESSER,
                        "--entrypoint",
                        "bash",
                        Deployment.APPLICATION,
                        "-c",
                        "while true; do (for n in $(seq 300); do exec {fd}<>/dev/tcp/postgresql/5432; done; sleep 30); done")
                .well();
        try {
            // If an outage ends before its notice is sent, only the end is reported. The next outage follows soon.
            await().until(() -> firing(before).isPresent());
            JsonNode down = firing(before).orElseThrow();
            assertThat(down.path("text").asText())
                    .containsPattern("container " + GUESSER + " \\([0-9.]+\\) holds \\d+ of its \\d+ connections");
            assertThat(down.path("remedy").asText()).startsWith("docker stop " + GUESSER);
        } finally {
            host.docker("rm", "--force", GUESSER);
        }
        await().untilAsserted(
                        () -> assertThat(alerts.states("postgres-down")).last().isEqualTo("resolved"));
    }

    /** Every program on this host can reach the status port, which has only three threads. */
    @Test
    @Order(6)
    void halfRequestsDoNotBlockTheHealthCheck() throws IOException {
        try (Socket one = new Socket(InetAddress.getLoopbackAddress(), host.port());
                Socket other = new Socket(InetAddress.getLoopbackAddress(), host.port())) {
            for (Socket half : List.of(one, other)) {
                half.getOutputStream().write("GET / HT".getBytes(StandardCharsets.US_ASCII));
            }
            assertThat(host.get("/observe/health/live")).contains("\"UP\"");
        }
    }

    /** Returns the first notice of an outage that goes on, after the first {@code before} notices of outages. */
    private Optional<JsonNode> firing(int before) {
        return alerts.received("postgres-down", "postgresql").stream()
                .skip(before)
                .filter(notice -> notice.path("state").asText().equals("firing"))
                .findFirst();
    }

    private List<String> rightsOfHedgedoc(String field) {
        return alerts.notices("rights-changed").stream()
                .filter(notice -> notice.path("service").asText().equals("hedgedoc"))
                .map(notice -> notice.path(field).asText())
                .toList();
    }

    private Ended intoHedgedoc() {
        return host.inside(
                "vikunja",
                "PGPASSWORD=$VIKUNJA_DATABASE_PASSWORD psql -XqAt -h postgresql -U vikunja -d hedgedoc -c 'SELECT 1'");
    }
}
