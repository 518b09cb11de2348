package org.pgsteward.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.icegreen.greenmail.util.GreenMail;
import com.icegreen.greenmail.util.ServerSetup;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.Timeout;
import org.pgsteward.TestHost;
import org.pgsteward.camel.receivers.HookServer;
import org.pgsteward.postgres.NeedsPostgres;

/** The {@code notify} command as a process, with real receivers, while PostgreSQL is down. */
@NeedsPostgres
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@Timeout(value = 20, unit = TimeUnit.MINUTES)
class NotifyCommandIT {
    private static final Map<String, String> NO_MAILBOX = Map.of("PGSTEWARD_MAILBOX_DIR", "");

    private TestHost host;

    @BeforeAll
    void startHost() throws IOException {
        host = TestHost.start();
        host.cluster().kill();
    }

    @AfterAll
    void stopHost() throws Exception {
        host.close();
    }

    @Test
    void sendsATestAsAnAlertWouldBeSent() throws Exception {
        GreenMail mail = new GreenMail(new ServerSetup(0, "127.0.0.1", "smtp"));
        mail.start();
        try (HookServer hook = new HookServer(0)) {
            CommandRun run = CommandRun.on(
                    host,
                    Map.of(
                            "PGSTEWARD_MAIL_TO",
                            "ops@example.org",
                            "PGSTEWARD_MAIL_HOST",
                            "127.0.0.1",
                            "PGSTEWARD_MAIL_PORT",
                            Integer.toString(mail.getSmtp().getPort()),
                            "PGSTEWARD_WEBHOOK_URL",
                            hook.url()),
                    "notify",
                    "--test");
            assertThat(run.code()).as(run.toString()).isZero();
            assertThat(run.out().lines().toList())
                    .satisfiesExactly(
                            line -> assertThat(line).matches("email: accepted after [\\d.]+ s"),
                            line -> assertThat(line).matches("mailbox: accepted after [\\d.]+ s"),
                            line -> assertThat(line).matches("webhook: accepted after [\\d.]+ s"));
            assertThat(mail.getReceivedMessages()).hasSize(1);
            assertThat(mail.getReceivedMessages()[0].getSubject())
                    .isEqualTo("[test] pgsteward: test notification, nothing is wrong");
            JsonNode sent = new ObjectMapper().readTree(hook.taken.get(0));
            assertThat(sent.path("kind").asText()).isEqualTo("test");
            assertThat(sent.path("text").asText()).startsWith("This is a test.");
            assertThat(sent.path("alerts")).isEmpty();
        } finally {
            mail.stop();
        }
        Path state = host.folder().resolve("state");
        assertThat(state.resolve("alerts")).as("memory of alerts").doesNotExist();
        assertThat(state.resolve("outbox")).doesNotExist();
        assertThat(state.resolve("spool")).doesNotExist();
    }

    @Test
    void eachFailureHasItsReasonAndNextStepWithoutSecrets() throws Exception {
        CountDownLatch end = new CountDownLatch(1);
        try (HookServer lost = new HookServer(0);
                HookServer hanging = new HookServer(0)) {
            lost.answer = request -> request.sendResponseHeaders(404, -1);
            hanging.answer = request -> end.await();
            Map<String, String> settings = new HashMap<>(NO_MAILBOX);
            settings.put("PGSTEWARD_SLACK_URL", lost.url());
            settings.put("PGSTEWARD_DISCORD_URL", hanging.url());
            settings.put("PGSTEWARD_DISCORD_TIMEOUT", "1000");
            settings.put("PGSTEWARD_WEBHOOK_URL", "http://127.0.0.1:1/T0S3CRET");
            CommandRun run = CommandRun.on(host, settings, "notify", "--test");
            assertThat(run.code()).as(run.toString()).isEqualTo(1);
            assertThat(run.out() + run.err()).doesNotContain("T0S3CRET");
            assertThat(run.out().lines().toList())
                    .satisfiesExactly(
                            line -> assertThat(line).matches("discord: not accepted after [\\d.]+ s: .*timed out"),
                            line -> assertThat(line).contains("the server does not answer;", "PGSTEWARD_DISCORD_URL"),
                            line -> assertThat(line).matches("slack: not accepted after [\\d.]+ s: HTTP status 404"),
                            line -> assertThat(line).contains("check address and token in PGSTEWARD_SLACK_URL"),
                            line -> assertThat(line).matches("webhook: not accepted .*Connection refused"),
                            line -> assertThat(line).contains("nothing accepts the connection;"));

            CommandRun json = CommandRun.on(host, settings, "notify", "--test", "slack", "--json");
            assertThat(json.code()).isEqualTo(1);
            JsonNode slack = new ObjectMapper().readTree(json.out()).path("receivers");
            assertThat(slack).hasSize(1);
            assertThat(slack.path(0).path("accepted").asBoolean(true)).isFalse();
            assertThat(slack.path(0).path("error").asText()).isEqualTo("HTTP status 404");
        } finally {
            end.countDown();
        }
    }

    @Test
    void namesWhatIsSetAndWhatIsKnown() throws Exception {
        CommandRun none = CommandRun.on(host, NO_MAILBOX, "notify", "--test");
        assertThat(none.code()).isEqualTo(2);
        assertThat(none.err())
                .startsWith("pgsteward: no receiver is set, so no alert can be sent; set one, such as"
                        + " PGSTEWARD_MAIL_TO or PGSTEWARD_NTFY_TOPIC_FILE in .env,")
                .endsWith("known: alertmanager, discord, email, gotify, mailbox, ntfy, slack, telegram, webhook");

        CommandRun off = CommandRun.on(host, "notify", "--test", "slack");
        assertThat(off.code()).isEqualTo(2);
        assertThat(off.err())
                .startsWith("pgsteward: receiver 'slack' is not set; set PGSTEWARD_SLACK_URL_FILE,")
                .endsWith("; set: mailbox");

        CommandRun unknown = CommandRun.on(host, "notify", "--test", "e-mail");
        assertThat(unknown.code()).isEqualTo(2);
        assertThat(unknown.err())
                .startsWith("pgsteward: there is no receiver 'e-mail'; did you mean 'email'? set: mailbox; known: al");

        assertThat(CommandRun.on(host, "notify").err())
                .isEqualTo("pgsteward: notify sends only tests; type: pgsteward notify --test");
    }

    @Test
    void operatorsOwnReceiverIsTriedWithItsOtherRoutes() throws Exception {
        Path routes = host.folder().resolve("routes");
        Files.createDirectories(routes.resolve("receivers"));
        for (Path folder : List.of(Path.of("routes"), Path.of("routes/receivers"))) {
            try (Stream<Path> files = Files.list(folder)) {
                for (Path file : files.filter(Files::isRegularFile).toList()) {
                    Files.copy(file, routes.resolve(Path.of("routes").relativize(file)));
                }
            }
        }
        Path folder = host.folder().resolve("own");
        Files.writeString(routes.resolve("own.camel.yaml"), """
                - route:
                    id: receiver-own
                    errorHandler:
                      noErrorHandler: {}
                    from:
                      uri: direct:receiver-own
                      steps:
                        - to:
                            uri: direct:write-own
                """);
        Files.writeString(routes.resolve("write.camel.yaml"), """
                - route:
                    id: write-own
                    errorHandler:
                      noErrorHandler: {}
                    from:
                      uri: direct:write-own
                      steps:
                        - to:
                            uri: file:{{pgsteward.own.dir}}
                            parameters:
                              fileName: "${variable.notice.kind}.json"
                """);
        Map<String, String> settings = new HashMap<>(NO_MAILBOX);
        settings.put("PGSTEWARD_ROUTES_DIR", routes.toString());
        settings.put("PGSTEWARD_OWN_DIR", folder.toString());
        CommandRun run = CommandRun.on(host, settings, "notify", "--test");
        assertThat(run.code()).as(run.toString()).isZero();
        assertThat(run.out()).startsWith("own: accepted");
        assertThat(folder.resolve("test.json")).isNotEmptyFile();

        settings.put("PGSTEWARD_OWN_DIR", "/proc/nowhere");
        CommandRun failing = CommandRun.on(host, settings, "notify", "--test", "own");
        assertThat(failing.code()).as(failing.toString()).isEqualTo(1);
        assertThat(failing.out()).contains("own: not accepted").contains("PGSTEWARD_OWN_DIR");
    }
}
