package org.pgsteward.acceptance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;
import static org.pgsteward.acceptance.Story.await;
import static org.pgsteward.acceptance.Story.say;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.file.Files;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;

/** The conditions that hold at the end of every story. */
interface InTheEnd {
    String STORE = "/var/lib/pgsteward/backups";

    Story story();

    /** Returns whether the globals and the journal have a backup at the end. If so, the tests read it. */
    default boolean backsUpEverything() {
        return false;
    }

    /**
     * Checks that no notice of the whole story is lost. A notice comes twice only if pgsteward was killed or got no
     * answer in time.
     */
    @Test
    @Order(91)
    default void webhookReceivedTheNoticesOfTheMailbox() {
        Alerts alerts = story().alerts();
        assumeTrue(alerts.hook().isPresent(), "skipped: no container reaches this process, so there is no webhook");
        await().untilAsserted(() ->
                assertThat(Alerts.bySubject(alerts.posted())).isEqualTo(Alerts.bySubject(alerts.notices())));
        List<String> mailbox = Alerts.ids(alerts.notices());
        assertThat(mailbox).doesNotHaveDuplicates();
        String log = logOfTheWebhook(story().host());
        // A busy machine may answer later than pgsteward waits. Then its log reports the failed attempt, and it has to
        // try again.
        List<JsonNode> unexplained = Alerts.twice(alerts.posted()).stream()
                .filter(notice ->
                        !log.contains("did not accept '" + notice.path("title").asText() + "'"))
                .toList();
        assertThat(unexplained).as("sent twice; pgsteward's log has:%n%s", log).hasSizeLessThanOrEqualTo(1);
        say(
                "told: %n%s",
                alerts.notices().stream()
                        .map(notice -> notice.path("title").asText())
                        .collect(Collectors.joining("\n")));
    }

    @Test
    @Order(92)
    default void noPasswordIsToBeFoundAnywhere() throws IOException {
        Deployment host = story().host();
        String administrator = Files.readString(host.folder().resolve("secrets/postgres_password"))
                .strip();
        Map<String, String> places = new TreeMap<>();
        for (String container : host.shell("docker ps --all --format '{{.Names}}' " + host.ofThisStory())
                .well()
                .out()
                .split("\n", -1)) {
            places.put("the log of " + container, host.log(container).both());
        }
        if (!story().processes().isEmpty()) {
            places.put("the processes", String.join("\n", story().processes()));
        }
        places.put(
                "the files",
                host.inside("pgsteward", "find /var/lib/pgsteward").well().out());
        places.put(
                "what is in them",
                host.inside(
                                "pgsteward",
                                "find /var/lib/pgsteward -path '*/scratch' -prune -o -type f ! -name '*.zst' -exec cat {} +")
                        .out());
        if (backsUpEverything()
                || host.inside("pgsteward", "ls " + STORE + "/_globals/*.zst " + STORE + "/homelab/*.zst")
                        .isWell()) {
            places.put("the globals", stored(host, "_globals"));
            places.put("the journal's dump", stored(host, "homelab"));
        }
        places.put(
                "the journal",
                host.docker("exec", host.name("postgresql"), "pg_dump", "-U", "homelab", "homelab")
                        .well()
                        .out());
        for (String page : List.of("/", "/observe/health", "/observe/health/ready", "/observe/metrics")) {
            places.put(page, host.get(page));
        }
        places.put(
                "the events",
                host.docker(
                                "events",
                                "--filter",
                                "label=" + host.label(),
                                "--since",
                                Long.toString(story().begun().getEpochSecond()),
                                "--until",
                                Long.toString(Instant.now().getEpochSecond()),
                                "--format",
                                "{{json .}}")
                        .well()
                        .out());

        // The assertion does not show the texts, because a failing test must not publish a secret.
        assertThat(places.keySet())
                .filteredOn(place -> {
                    String text = places.getOrDefault(place, "");
                    return text.contains("known-secret") || text.contains(administrator);
                })
                .as("places with a password in them")
                .isEmpty();
        assertThat(places.entrySet())
                .filteredOn(place -> place.getValue().isBlank())
                .extracting(Map.Entry::getKey)
                .as("places without content")
                .isSubsetOf(
                        "the log of " + host.project() + "-docker-proxy-1", "the log of " + ServicesComeAndGoIT.HUNGRY);
        say("no password in %s", places.keySet());
    }

    @Test
    @Order(93)
    default void restsAfterAllThat() {
        Deployment host = story().host();
        say(
                "memory, in the end: %s",
                host.shell("docker stats --no-stream --format '{{.Name}} {{.MemUsage}}' $(docker ps --quiet "
                                + host.ofThisStory() + ")")
                        .out()
                        .replace("\n", ", "));
        say("complaints in the log:%n%s", complaints(host));
        assertThat(complaints(host)).doesNotContain("InvalidDefinitionException");
        assertThat(host.inspect("pgsteward", "{{.State.OOMKilled}} {{.RestartCount}}"))
                .isEqualTo("false 0");
        assertThat(String.join(" ", story().alerts().states("backup-failed")))
                .as("alerts of the killed backup and the full disk")
                .matches("((firing )?resolved ?){0,2}");
    }

    /** Returns the texts of a service's dumps. */
    private static String stored(Deployment host, String service) {
        return host.shell("docker exec " + host.name("pgsteward") + " sh -c 'cat " + STORE + "/" + service
                        + "/*.zst' | zstd -dc")
                .well()
                .out();
    }

    private static String logOfTheWebhook(Deployment host) {
        return host.log("pgsteward")
                .both()
                .lines()
                .filter(line -> line.contains("webhook") || line.contains("at work after"))
                .collect(Collectors.joining("\n"));
    }

    private static String complaints(Deployment host) {
        Map<String, Integer> counted = new TreeMap<>();
        host.log("pgsteward")
                .both()
                .lines()
                .filter(line -> line.contains(" WARN ") || line.contains(" ERROR "))
                .map(line -> line.replaceFirst("^\\S+ ", ""))
                .forEach(line -> counted.merge(line, 1, Integer::sum));
        StringBuilder lines = new StringBuilder();
        counted.forEach(
                (line, times) -> lines.append(times).append(" x ").append(line).append('\n'));
        return lines.toString();
    }
}
