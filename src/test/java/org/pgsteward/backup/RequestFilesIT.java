package org.pgsteward.backup;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.FileTime;
import java.sql.Connection;
import java.sql.Statement;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.pgsteward.ChildJava;
import org.pgsteward.TestHost;
import org.pgsteward.app.Daemon;
import org.pgsteward.app.Wiring;
import org.pgsteward.io.Json;
import org.pgsteward.postgres.NeedsPostgres;

/** Request files in the folder of the shipped daemon. */
@NeedsPostgres
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@Timeout(value = 40, unit = TimeUnit.MINUTES)
class RequestFilesIT {
    /** The limit of the number of files in the folder. With more files the daemon reads none. */
    private static final int MOST_FILES = 5_000;

    /** A table without rows of its own. A run can begin while another session locks it, and pg_dump then waits. */
    private static final String HELD = "CREATE TABLE public.t (n integer) PARTITION BY LIST (n)";

    private static final Duration PATIENCE = Duration.ofMinutes(8);

    private TestHost host;
    private Daemon daemon;
    private Path requests;
    private String database;

    @BeforeAll
    void startDaemon() throws Exception {
        host = TestHost.start();
        host.environment().put("PGSTEWARD_DOCKER_HOST", "tcp://127.0.0.1:1");
        host.environment().put("PGSTEWARD_HTTP_PORT", "0");
        host.environment().put("PGSTEWARD_REQUESTS_PERIOD", "100");
        host.environment().put("PGSTEWARD_SECRETS_DIR", host.folder().toString());
        requests = host.folder().resolve("requests");
        Wiring wiring = host.wiring();
        wiring.house.order();
        database = host.cluster().newDatabase();
        host.cluster().run(database, "CREATE TABLE public.t AS SELECT generate_series(1, 10) AS n");
        daemon = wiring.daemon().start();
    }

    @AfterAll
    void stop() throws Exception {
        daemon.close();
        host.close();
    }

    @Test
    void aRequestIsAnsweredWithTheDocumentOfTheCommand() throws Exception {
        ask("now", "{\"backup\":[\"" + database + "\"]}");
        JsonNode backup = answer("now").path("backups").path(0);
        assertThat(backup.fieldNames())
                .toIterable()
                .containsExactlyInAnyOrder(
                        "service",
                        "backup_id",
                        "kind",
                        "state",
                        "path",
                        "size_bytes",
                        "source_bytes",
                        "sha256",
                        "dump_seconds",
                        "verify_seconds",
                        "verification",
                        "proof",
                        "error",
                        "caveats",
                        "unchanged");
        assertThat(backup.path("state").asText()).isEqualTo("verified");
        assertThat(backup.path("service").asText()).isEqualTo(database);

        ask("again", "{\"verify\":[\"" + database + "\"]}");
        JsonNode verified = answer("again").path("backups").path(0);
        assertThat(verified.path("backup_id").asText()).startsWith(database + "-");
        assertThat(verified.path("state").asText()).isEqualTo("verified");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '~',
            value = {
                "no-json          | backup vikunja                 | the request is not JSON: ",
                "trailing         | {\"verify\":[\"*\"]} and more  | the request is not JSON: ",
                "twice            | {\"verify\":[], \"verify\":[]} | the request is not JSON: ",
                "other-key        | {\"drop\":[\"vikunja\"]}       | a request is an object with one key",
                "both             | {\"backup\":[\"*\"],\"verify\":[\"*\"]} | a request is an object with one key",
                "a-list           | [\"backup\"]                   | a request is an object with one key",
                "no-list          | {\"backup\":\"vikunja\"}       | \"backup\" takes a list of 1 to 1000",
                "empty            | {\"backup\":[]}                | \"backup\" takes a list of 1 to 1000",
                "numbers          | {\"verify\":[1, 2]}            | \"verify\" takes a list of 1 to 1000",
                "unknown          | {\"backup\":[\"nobody's\"]}    | there is no service or database nobody's",
                "unknown-stored   | {\"verify\":[\"../../etc\"]}   | there is no backup of '../../etc'",
                "it's $odd `\"& ü | {}                             | a request is an object with one key"
            })
    void aBadRequestIsAnsweredWithOneLineNamingTheError(String name, String request, String because) throws Exception {
        ask(name, request);
        JsonNode answer = answer(name);
        assertThat(answer.path("backups")).isEmpty();
        assertThat(answer.path("error").asText())
                .startsWith(because)
                .hasLineCount(1)
                .doesNotContain("there are", host.store().toString());
    }

    @Test
    void refusesLinksAndLargeFilesAndShortensLongNames() throws Exception {
        Path secret = Files.writeString(host.folder().resolve("elsewhere.json"), "{\"backup\":[\"*\"]}");
        Files.createSymbolicLink(requests.resolve("link.json"), secret);
        assertThat(answer("link").path("error").asText())
                .isEqualTo("the request is not a regular file; a link is not followed");
        assertThat(secret).exists();

        ask("giant", "{\"backup\":[\"" + "x".repeat(70_000) + "\"]}");
        assertThat(answer("giant").path("error").asText()).isEqualTo("the request has more than 65536 bytes");

        String longest = "ü".repeat(120);
        ask(longest, "{}");
        assertThat(answer("ü".repeat(100)).path("error").asText()).startsWith("a request is");
    }

    /** Camel would list all files. A folder with 300,000 files ended the daemon. */
    @Test
    void aFolderWithTooManyFilesRaisesAnAlertAndIsNotRead() throws Exception {
        for (int i = 0; i <= MOST_FILES; i++) {
            Files.createFile(requests.resolve("empty-" + i + ".json"));
        }
        try {
            await().atMost(PATIENCE)
                    .untilAsserted(() -> assertThat(host.notices("limit-exceeded", requests.toString()))
                            .singleElement()
                            .asString()
                            .startsWith("firing [warning]")
                            .contains("limit exceeded"));
        } finally {
            removeEmpty();
        }
        ask("after", "{\"verify\":[\"nobody\"]}");
        assertThat(answer("after").path("error").asText()).startsWith("there is no backup of 'nobody'");
        await().atMost(PATIENCE)
                .untilAsserted(() -> assertThat(host.notices("limit-exceeded", requests.toString()))
                        .hasSize(2)
                        .anyMatch(notice -> notice.startsWith("resolved")));
    }

    private void removeEmpty() throws IOException {
        try (Stream<Path> files = Files.list(requests)) {
            for (Path file : files.filter(file -> file.getFileName().toString().startsWith("empty-"))
                    .toList()) {
                Files.deleteIfExists(file);
            }
        }
    }

    @Test
    void removesOnlyAnswersOlderThanAWeek() throws Exception {
        Path old = Files.writeString(requests.resolve("eight-days.answer.json"), "{}");
        Path young = Files.writeString(requests.resolve("six-days.answer.json"), "{}");
        Path other = Files.writeString(requests.resolve("notes.txt"), "an operator's");
        Files.setLastModifiedTime(old, FileTime.from(Instant.now().minus(Duration.ofDays(8))));
        Files.setLastModifiedTime(young, FileTime.from(Instant.now().minus(Duration.ofDays(6))));
        Files.setLastModifiedTime(other, FileTime.from(Instant.now().minus(Duration.ofDays(800))));

        ask("another", "{}");
        answer("another");

        await().atMost(PATIENCE).until(() -> !Files.exists(old));
        assertThat(young).exists();
        assertThat(other).exists();
    }

    @Test
    void aFileThatIsWrittenInPlaceIsWaitedFor() throws Exception {
        Path file = requests.resolve("slow.json");
        Files.writeString(file, "{\"verify\":[\"nob");
        await().during(Duration.ofMillis(500)).atMost(PATIENCE).until(() -> Files.exists(file));
        Files.writeString(file, "{\"verify\":[\"nobody\"]}");
        assertThat(answer("slow").path("error").asText()).startsWith("there is no backup of 'nobody'");
    }

    @Test
    void simultaneousRequestsGetTheSameBackup() throws Exception {
        String asked = host.cluster().newDatabase();
        host.cluster().run(asked, HELD);
        Path printed = host.folder().resolve("printed.json");
        Process command;
        try (Connection holding = host.cluster().server().connect(asked);
                Statement statement = holding.createStatement()) {
            holding.setAutoCommit(false);
            // The dump waits for the table, and all other requests wait for the dump.
            statement.execute("LOCK TABLE public.t IN ACCESS EXCLUSIVE MODE");
            ask("first", "{\"backup\":[\"" + asked + "\"]}");
            await().atMost(PATIENCE).until(() -> host.journal(asked), rows -> rows.equals(List.of("running")));
            ask("second", "{\"backup\":[\"" + asked + "\"]}");
            command = command(printed, "backup", "--json", asked);
            Path said = host.folder().resolve("said");
            await().atMost(PATIENCE)
                    .until(() -> Files.readString(said).contains("another run of this service is under way"));
            holding.rollback();
        }
        String first = id(answer("first"));
        assertThat(command.waitFor(8, TimeUnit.MINUTES)).isTrue();
        assertThat(command.exitValue()).isZero();
        assertThat(List.of(id(answer("second")), id(Json.mapper().readTree(printed.toFile()))))
                .containsOnly(first);
        assertThat(host.journal(asked)).containsExactly("verified");
        assertThat(host.stored(asked)).hasSize(2);
    }

    @Test
    void repeatsARequestThatAKilledDaemonDidNotFinish() throws Exception {
        String asked = host.cluster().newDatabase();
        host.cluster().run(asked, HELD);
        Path own = Files.createDirectories(host.folder().resolve("own-requests"));
        Path request = own.resolve("killed.json");
        Path out = host.folder().resolve("run.out");
        try (Connection holding = host.cluster().server().connect(asked);
                Statement statement = holding.createStatement()) {
            holding.setAutoCommit(false);
            statement.execute("LOCK TABLE public.t IN ACCESS EXCLUSIVE MODE");
            Process killed = daemon(own, out);
            Files.writeString(request, "{\"backup\":[\"" + asked + "\"]}");
            await().atMost(PATIENCE).until(() -> host.journal(asked), rows -> rows.equals(List.of("running")));
            killed.destroyForcibly().waitFor();
            holding.rollback();
        }
        assertThat(request).exists();
        Process again = daemon(own, out);
        try {
            Path answer = own.resolve("killed.answer.json");
            await().atMost(PATIENCE).until(() -> Files.exists(answer) && !Files.exists(request));
            assertThat(Json.mapper()
                            .readTree(answer.toFile())
                            .path("backups")
                            .path(0)
                            .path("state")
                            .asText())
                    .isEqualTo("verified");
        } finally {
            again.destroy();
            assertThat(again.waitFor(8, TimeUnit.MINUTES)).isTrue();
        }
        assertThat(host.journal(asked))
                .containsExactly("failed: its process ended before the backup was finished", "verified");
    }

    private static String id(JsonNode document) {
        return document.path("backups").path(0).path("backup_id").asText();
    }

    /**
     * Writes a request elsewhere and renames it into the folder, as each client should. Its time is old enough to
     * count as complete.
     */
    private void ask(String name, String request) throws IOException {
        Path written = Files.createTempFile(host.folder(), "request", ".tmp");
        Files.writeString(written, request);
        Files.setLastModifiedTime(written, FileTime.from(Instant.now().minusSeconds(60)));
        Files.move(written, requests.resolve(name + ".json"), StandardCopyOption.ATOMIC_MOVE);
    }

    private JsonNode answer(String name) throws IOException {
        Path answer = requests.resolve(name + ".answer.json");
        await().atMost(PATIENCE).until(() -> Files.exists(answer));
        await().atMost(PATIENCE).untilAsserted(() -> {
            try (Stream<Path> files = Files.list(requests)) {
                assertThat(files.map(file -> file.getFileName().toString()))
                        .noneMatch(file -> file.startsWith(name) && !file.endsWith(".answer.json"));
            }
        });
        return Json.mapper().readTree(answer.toFile());
    }

    private Process daemon(Path own, Path out) throws IOException {
        ProcessBuilder builder = process("run").redirectErrorStream(true).redirectOutput(out.toFile());
        builder.environment().put("PGSTEWARD_REQUESTS_DIR", own.toString());
        return builder.start();
    }

    private Process command(Path printed, String... arguments) throws IOException {
        return process(arguments)
                .redirectOutput(printed.toFile())
                .redirectError(host.folder().resolve("said").toFile())
                .start();
    }

    private ProcessBuilder process(String... arguments) {
        ProcessBuilder builder = new ProcessBuilder(ChildJava.steward(arguments));
        builder.environment().keySet().removeIf(name -> name.startsWith("PGSTEWARD_"));
        builder.environment().putAll(host.environment());
        return builder;
    }
}
