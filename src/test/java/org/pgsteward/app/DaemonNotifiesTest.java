package org.pgsteward.app;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.pgsteward.alert.Outbox;
import org.pgsteward.camel.receivers.CapturedLog;
import org.pgsteward.camel.receivers.HookServer;
import org.pgsteward.config.Settings;
import org.pgsteward.io.Json;
import org.pgsteward.model.Notification;

/** The daemon itself, with nothing but its settings: PostgreSQL and the engine are unavailable. */
@Tag("fast")
class DaemonNotifiesTest {
    private static final List<String> ALL =
            List.of("alertmanager", "discord", "gotify", "mailbox", "ntfy", "slack", "telegram", "webhook");

    @TempDir
    private Path folder;

    @Test
    void enabledReceiversGetTheOutboxAndLogNoSecret() throws Exception {
        Path state = folder.resolve("state");
        Outbox outbox = new Outbox(state, Json.mapper(), Clock.systemUTC(), () -> ALL);
        Notification notice = new Notification(
                "n1", "firing", "info", "kind", "vikunja", Instant.now(), "title", "text", "ls", Map.of());
        outbox.put(notice);
        try (HookServer server = new HookServer(0);
                CapturedLog log = new CapturedLog();
                Daemon daemon = new Wiring(Settings.from(environment(state, server))).daemon()) {
            daemon.start();
            await().until(() -> ALL.stream().allMatch(receiver -> outbox.depth(receiver) == 0));
            await().until(() ->
                    server.requests.stream().anyMatch(request -> request.path().startsWith("/beat")));

            assertThat(server.requests.stream()
                            .filter(request -> request.body().contains("title"))
                            .map(request -> request.path().replaceFirst("\\?.*", "")))
                    .contains(
                            "/api/v2/alerts",
                            "/discord/S3CRET1",
                            "/message",
                            "/slack/S3CRET2",
                            "/bot1:S3CRET3/sendMessage")
                    .contains("/hook/S3CRET4");
            assertThat(folder.resolve("mailbox/n1.json")).exists();
            assertThat(log.text()).doesNotContain("S3CRET");
        }
    }

    private Map<String, String> environment(Path state, HookServer server) throws Exception {
        Map<String, String> environment = new HashMap<>(Map.of(
                "PGSTEWARD_STATE_DIR",
                state.toString(),
                "PGSTEWARD_BACKUP_DIR",
                folder.resolve("backups").toString(),
                "PGSTEWARD_REQUESTS_DIR",
                folder.resolve("requests").toString(),
                "PGSTEWARD_SECRETS_DIR",
                folder.toString(),
                "PGSTEWARD_DOCKER_HOST",
                "unix://" + folder.resolve("no.sock"),
                "PGSTEWARD_POSTGRES_HOST",
                "127.0.0.1",
                "PGSTEWARD_POSTGRES_PORT",
                "1",
                "PGSTEWARD_POSTGRES_PASSWORD",
                "x",
                "PGSTEWARD_HTTP_PORT",
                "0"));
        environment.put("PGSTEWARD_MAILBOX_DIR", folder.resolve("mailbox").toString());
        environment.put("PGSTEWARD_ALERTMANAGER_URL", server.root());
        environment.put("PGSTEWARD_DISCORD_URL_FILE", secret("discord", server.root() + "/discord/S3CRET1"));
        environment.put("PGSTEWARD_GOTIFY_URL", server.root() + "/");
        environment.put("PGSTEWARD_GOTIFY_TOKEN", "AS3CRET");
        environment.put("PGSTEWARD_NTFY_URL", server.root());
        environment.put("PGSTEWARD_NTFY_TOPIC", "topic-S3CRET");
        environment.put("PGSTEWARD_SLACK_URL_FILE", secret("slack", server.root() + "/slack/S3CRET2"));
        environment.put("PGSTEWARD_TELEGRAM_URL", server.root());
        environment.put("PGSTEWARD_TELEGRAM_TOKEN_FILE", secret("telegram", "1:S3CRET3"));
        environment.put("PGSTEWARD_TELEGRAM_CHAT", "-100");
        environment.put("PGSTEWARD_WEBHOOK_URL_FILE", secret("webhook", server.root() + "/hook/S3CRET4"));
        environment.put("PGSTEWARD_WEBHOOK_SECRET_FILE", secret("key", "whsec_" + "S3CR".repeat(8)));
        environment.put("PGSTEWARD_HEARTBEAT_URL_FILE", secret("beat", server.root() + "/beat/S3CRET5"));
        environment.put("PGSTEWARD_HEARTBEAT_DELAY", "200");
        return environment;
    }

    private String secret(String name, String value) throws Exception {
        return Files.writeString(folder.resolve(name), value + "\n").toString();
    }
}
