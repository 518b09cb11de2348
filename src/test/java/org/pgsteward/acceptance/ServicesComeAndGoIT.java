package org.pgsteward.acceptance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.pgsteward.acceptance.Story.await;
import static org.pgsteward.acceptance.Story.say;
import static org.pgsteward.acceptance.Story.sinceThen;

import com.fasterxml.jackson.databind.JsonNode;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestMethodOrder;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.pgsteward.engine.NeedsEngine;

/**
 * Services appear, are updated, refused and removed, crash, and exceed their memory limit. pgsteward misses the events
 * of some of these.
 */
@NeedsEngine
@Tag("deployment")
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
class ServicesComeAndGoIT implements InTheEnd {
    @RegisterExtension
    static final Story STORY = Story.of("services", "vikunja", "hedgedoc", "linkding", "navidrome");

    /** The name of a container in neither compose file, and of its service. */
    private static final String LATECOMER = "pgsteward-e2e-latecomer";

    /** The same application after an update. */
    private static final String NEWER = "pgsteward-test/app:newer";

    /** A container that belongs to no service. */
    private static final String STRANGER = "stranger";

    /** A container that ends soon after each start. */
    private static final String CRASHING = "crashing";

    static final String HUNGRY = "hungry";

    private final Deployment host = STORY.host();
    private final Alerts alerts = STORY.alerts();

    @Override
    public Story story() {
        return STORY;
    }

    @AfterAll
    static void removesTheImageOfTheUpdate() {
        STORY.host().docker("rm", "--force", LATECOMER);
        STORY.host().docker("image", "rm", NEWER);
    }

    @Test
    @Order(1)
    void missedEventsAreKnownWithin30Seconds() {
        host.compose("stop", "docker-proxy").well();
        host.docker("rm", "--force", host.name("linkding")).well();
        latecomer(Deployment.APPLICATION, "known-secret-latecomer").well();
        host.compose("start", "docker-proxy").well();
        Instant hears = Instant.now();

        await().until(() -> host.log(LATECOMER).out().contains("connected database=latecomer"));
        say("hears again: the new service had its database after %d ms", sinceThen(hears));
        await().until(() -> !host.get("/observe/metrics").contains("pgsteward_service_up{service=\"linkding\"} 1.0"));
        say("hears again: the removed service was known to be gone after %d ms", sinceThen(hears));
        // The journal records the provisioning a moment after the service connects.
        await().until(() -> host.sql("SELECT count(*) FROM user_activity WHERE service_name = '" + LATECOMER
                        + "' AND action = 'provisioned'")
                .equals("1"));
        await().until(() -> waiting().equals("0"));
        assertThat(host.sql("SELECT service_name, action, created_at FROM user_activity GROUP BY 1, 2, 3"
                        + " HAVING count(*) > 1"))
                .isEmpty();
    }

    @Test
    @Order(2)
    void strangersClaimOnADatabaseIsRefusedWithAnAlert() {
        stranger("DATABASE_URL=postgres://vikunja:known-secret-guess@postgresql/vikunja");

        await().until(() -> alerts.states("enrolment-refused").equals(List.of("firing")));
        JsonNode notice = alerts.notices("enrolment-refused").get(0);
        assertThat(notice.path("service").asText()).isEqualTo(STRANGER);
        assertThat(notice.path("text").asText()).contains("belongs to service 'vikunja'");
        host.docker("rm", "--force", STRANGER).well();
        assertThat(host.sql("SELECT count(*) FROM service_configs WHERE service_name = '" + STRANGER + "'"))
                .isEqualTo("0");
    }

    @Test
    @Order(3)
    void updateChangesThePasswordAndPinsLastVerifiedBackup() {
        Ended backup = host.pgsteward("backup", LATECOMER);
        assertThat(backup.isWell()).as(backup.both()).isTrue();
        String path = host.sql(
                "SELECT backup_path FROM backup_log WHERE service_name = '" + LATECOMER + "' AND state = 'verified'");
        host.docker("commit", LATECOMER, NEWER).well();
        host.docker("rm", "--force", LATECOMER).well();

        latecomer(NEWER, "known-secret-changed").well();

        await().until(() -> host.log(LATECOMER).out().contains("connected database=latecomer"));
        await().until(() -> !alerts.notices("image-changed").isEmpty());
        assertThat(alerts.notices("image-changed").get(0).path("text").asText())
                .contains("latecomer changed its image from " + Deployment.APPLICATION)
                .contains("to " + NEWER)
                .contains(path);
        await().until(() -> host.sql("SELECT count(*) FROM backup_log WHERE pinned IS NOT NULL")
                .equals("1"));
        assertThat(alerts.states("image-changed")).containsExactly("firing");
    }

    @Test
    @Order(4)
    void aServiceIsPutIntoQuarantineAndTakenOutAgain() {
        String rows = host.sql("latecomer", "SELECT count(*) > 0 FROM tasks");
        Ended removed = host.pgsteward("remove", LATECOMER);
        assertThat(removed.isWell()).as(removed.both()).isTrue();
        assertThat(removed.out())
                .contains("Last verified backup: " + LATECOMER + "/")
                .contains("--undo");
        assertThat(host.sql("SELECT rolcanlogin FROM pg_roles WHERE rolname = 'latecomer'"))
                .isEqualTo("f");

        Ended undone = host.pgsteward("remove", "--undo", LATECOMER);

        assertThat(undone.isWell()).as(undone.both()).isTrue();
        assertThat(host.sql("latecomer", "SELECT count(*) > 0 FROM tasks")).isEqualTo(rows);
        assertThat(host.sql("SELECT rolcanlogin FROM pg_roles WHERE rolname = 'latecomer'"))
                .isEqualTo("t");
        Ended unknown = host.pgsteward("remove", "nobody");
        assertThat(unknown.code()).isEqualTo(2);
        assertThat(unknown.err()).contains("cannot find service 'nobody'").hasLineCount(1);
    }

    @Test
    @Order(5)
    void anUpdateOfAllServicesIsOneMessageForInformation() {
        int before = alerts.notices("service-updated").size();

        host.services("up", "--detach", "--force-recreate").well();

        await().until(() -> alerts.notices("service-updated").size() > before);
        await().during(Duration.ofSeconds(8))
                .until(() -> alerts.notices("service-updated").size() == before + 1);
        JsonNode notice = alerts.notices("service-updated").get(before);
        assertThat(notice.path("title").asText()).matches("\\[info] [34] x service updated: .*");
        assertThat(notice.path("figures").path("services").asText()).contains("vikunja", "hedgedoc", "navidrome");
        assertThat(alerts.notices("service-down"))
                .extracting(down -> down.path("service").asText())
                .doesNotContain("vikunja", "hedgedoc", "navidrome");
    }

    /**
     * The mistake of the original lab: Vikunja's variable had 'postgres', but the container's name was 'postgresql'.
     */
    @Test
    @Order(6)
    void aHostNameThatResolvesToNothingIsDiagnosedWithTheLineToWrite() {
        stranger(
                "VIKUNJA_DATABASE_HOST=postgres",
                "VIKUNJA_DATABASE_USER=" + STRANGER,
                "VIKUNJA_DATABASE_PASSWORD=known-secret-guess");

        // A busy engine may take longer than the doctor waits. The doctor reports that, and the test asks again.
        Ended doctor = await().until(
                        () -> host.pgsteward("doctor"), said -> !said.out().contains("cannot list the containers"));
        host.docker("rm", "--force", STRANGER).well();

        assertThat(doctor.code()).as(doctor.both()).isEqualTo(1);
        assertThat(doctor.out())
                .contains("connection refused: " + STRANGER)
                .contains("VIKUNJA_DATABASE_HOST names 'postgres', and no container on network " + host.network()
                        + " has this name")
                .contains("    VIKUNJA_DATABASE_HOST: " + host.name("postgresql"));
    }

    @Test
    @Order(7)
    void aContainerThatCrashesAgainAndAgainIsOneAlertThatCounts() {
        host.runs(
                        CRASHING,
                        "--restart",
                        "always",
                        "--env",
                        "PGHOST=postgresql",
                        "--env",
                        "PGUSER=" + CRASHING,
                        "--env",
                        "PGDATABASE=" + CRASHING,
                        "--label",
                        "pgsteward.password-file=navidrome_password",
                        "--entrypoint",
                        "sh",
                        Deployment.APPLICATION,
                        "-c",
                        "sleep 0.5; exit 3")
                .well();

        await().until(() -> !alerts.received("service-down", CRASHING).isEmpty());
        await().untilAsserted(
                        () -> assertThat(host.pgsteward("status", "--json").out())
                                .containsPattern(CRASHING
                                        + " (is being restarted|crashes) again and again, ([7-9]|\\d\\d) times within 10 min,"
                                        + " last with exit code 3"));
        host.docker("rm", "--force", CRASHING).well();

        List<JsonNode> received = alerts.received("service-down", CRASHING);
        assertThat(received).hasSize(1);
        assertThat(received.get(0).path("text").asText())
                .as("pgsteward may read it before its second crash")
                .containsPattern(
                        "(ended and is being restarted|again and again, \\d+ times within 10 min), last with exit code 3");
        assertThat(received.get(0).path("remedy").asText()).startsWith("docker logs --tail");
    }

    @Test
    @Order(8)
    void memoryLimitAlertFiresOnceWithTheLineToRaiseIt() {
        host.runs(
                        HUNGRY,
                        "--memory",
                        "20m",
                        "--memory-swap",
                        "20m",
                        "--label",
                        "pgsteward.service=" + HUNGRY,
                        "--label",
                        "pgsteward.password-file=navidrome_password",
                        "--entrypoint",
                        "tail",
                        Deployment.APPLICATION,
                        "-n",
                        "1",
                        "/dev/zero")
                .well();

        await().until(() -> !alerts.received("service-down", HUNGRY).isEmpty());

        List<JsonNode> received = alerts.received("service-down", HUNGRY);
        assertThat(received).hasSize(1);
        assertThat(received.get(0).path("text").asText()).contains("for lack of memory, with a limit of 20 MiB");
        assertThat(received.get(0).path("remedy").asText())
                .isEqualTo("docker update --memory 40m --memory-swap 80m hungry # until it is recreated; permanently:"
                        + " mem_limit in its compose file\ndocker start hungry");
    }

    private void stranger(String... environment) {
        List<String> rest = new ArrayList<>();
        for (String variable : environment) {
            rest.addAll(List.of("--env", variable));
        }
        rest.add(Deployment.APPLICATION);
        host.runs(STRANGER, rest.toArray(String[]::new)).well();
    }

    private Ended latecomer(String image, String password) {
        return host.runs(
                LATECOMER,
                "--env",
                "LD_DB_ENGINE=postgres",
                "--env",
                "LD_DB_HOST=postgresql",
                "--env",
                "LD_DB_USER=latecomer",
                "--env",
                "LD_DB_PASSWORD=" + password,
                "--env",
                "LD_DB_DATABASE=latecomer",
                image);
    }

    /** Returns the number of rows that are not in their tables yet or were refused. */
    private String waiting() {
        return host.inside("pgsteward", "find /var/lib/pgsteward/state/spool -name '*.json' | wc -l")
                .well()
                .out();
    }
}
