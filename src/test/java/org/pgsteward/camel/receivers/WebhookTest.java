package org.pgsteward.camel.receivers;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.camel.builder.RouteBuilder;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.pgsteward.io.Json;
import org.pgsteward.model.Notification;

@Tag("fast")
class WebhookTest {
    @TempDir
    private Path state;

    private final ObjectMapper json = Json.mapper();
    private HookServer server;

    WebhookTest() throws IOException {
        server = new HookServer(0);
    }

    @AfterEach
    void stopServer() {
        server.close();
    }

    @Test
    void postsTheWholeDocument() throws Exception {
        try (Desk desk = desk()) {
            desk.raise(Desk.bad("vikunja"));
            await().until(() -> server.taken.size() == 1);
        }
        assertThat(server.contentTypes).singleElement().asString().startsWith("application/json");
        Notification notice = notice(server.taken.get(0));
        assertThat(notice.state()).isEqualTo("firing");
        assertThat(notice.severity()).isEqualTo("warning");
        assertThat(notice.kind()).isEqualTo("memory-high");
        assertThat(notice.service()).isEqualTo("vikunja");
        assertThat(notice.title()).isEqualTo("[warning] vikunja memory high: 82% of 256 MiB in use: Größe 🐘");
        assertThat(notice.remedy()).isEqualTo("docker stats --no-stream vikunja");
        assertThat(notice.figures()).containsEntry("percent", 82.0);
        assertThat(json.readTree(server.taken.get(0)).fieldNames())
                .toIterable()
                .containsExactly(
                        "id",
                        "state",
                        "severity",
                        "kind",
                        "service",
                        "since",
                        "title",
                        "text",
                        "remedy",
                        "figures",
                        "alerts");
        assertThat(notice.alerts()).extracting(Notification.Entry::service).containsExactly("vikunja");
    }

    @Test
    void anAnswerOf500IsTriedAgainUntilItIsTakenInOrderAndOnce() throws Exception {
        AtomicInteger requests = new AtomicInteger();
        server.answer = request -> request.sendResponseHeaders(requests.incrementAndGet() < 4 ? 500 : 200, -1);
        try (CapturedLog log = new CapturedLog();
                Desk desk = desk()) {
            desk.raiseMany(3);
            await().until(() -> desk.outbox.depth("webhook") == 0);

            await().untilAsserted(() -> assertThat(services()).containsExactly("s1", "s2", "s3"));
            assertThat(log.text())
                    .contains("receiver webhook did not accept", "HTTP status 500", "next attempt in")
                    .doesNotContain("T0S3CRET");
        }
    }

    @Test
    void aRedirectIsNotTaken() throws Exception {
        AtomicInteger requests = new AtomicInteger();
        server.answer = request -> {
            boolean first = requests.incrementAndGet() == 1;
            request.getResponseHeaders().set("Location", "http://127.0.0.1:1/");
            request.sendResponseHeaders(first ? 302 : 200, -1);
        };
        try (Desk desk = desk()) {
            desk.raiseMany(1);
            await().until(() -> desk.outbox.depth("webhook") == 0);
        }
        assertThat(requests).hasValue(2);
    }

    @Test
    void aServerThatIsAwayGetsEverythingWhenItIsBack() throws Exception {
        int port = server.port();
        server.close();
        try (CapturedLog log = new CapturedLog();
                Desk desk = desk()) {
            desk.raiseMany(5);
            await().until(() -> log.text().contains("attempt 2"));
            assertThat(log.text()).contains("refused").doesNotContain("T0S3CRET");
            assertThat(desk.outbox.depth("webhook")).isEqualTo(5);

            server = new HookServer(port);
            await().until(() -> server.taken.size() == 5);
        }
        await().untilAsserted(() -> assertThat(services()).containsExactly("s1", "s2", "s3", "s4", "s5"));
    }

    @Test
    void aServerThatHangsUpBeforeItsAnswerIsTriedAgain() throws Exception {
        AtomicInteger requests = new AtomicInteger();
        server.answer = request -> {
            if (requests.incrementAndGet() == 1) {
                throw new IOException("hangs up");
            }
            request.sendResponseHeaders(200, -1);
        };
        try (Desk desk = desk()) {
            desk.raiseMany(2);
            await().until(() -> desk.outbox.depth("webhook") == 0);
        }
        await().untilAsserted(() -> assertThat(services()).containsExactly("s1", "s2"));
    }

    @Test
    void connectionClosedDuringTheAnswerStillDelivers() throws Exception {
        AtomicInteger requests = new AtomicInteger();
        server.answer = request -> {
            if (requests.incrementAndGet() == 1) {
                request.sendResponseHeaders(200, 1000);
                request.getResponseBody().write("half".getBytes(java.nio.charset.StandardCharsets.UTF_8));
                request.getResponseBody().flush();
                throw new IOException("hangs up half-way");
            }
            request.sendResponseHeaders(200, -1);
        };
        try (Desk desk = desk()) {
            desk.raiseMany(2);
            await().until(() -> desk.outbox.depth("webhook") == 0);
        }
        await().untilAsserted(() -> assertThat(services()).endsWith("s2").containsAnyOf("s1", "s2"));
        assertThat(requests.get()).isGreaterThanOrEqualTo(2);
    }

    @Test
    void slowReceiverDelaysNoOther() throws Exception {
        CountDownLatch release = new CountDownLatch(1);
        server.answer = request -> {
            release.await();
            request.sendResponseHeaders(200, -1);
        };
        List<String> others = new java.util.concurrent.CopyOnWriteArrayList<>();
        Map<String, String> settings = settings();
        settings.put("pgsteward.webhook.timeout", "15000");
        try (Desk desk = new Desk(state, settings)
                .with(new RouteBuilder() {
                    @Override
                    public void configure() {
                        from("direct:receiver-other")
                                .routeId("receiver-other")
                                .process(exchange -> others.add(exchange.getVariable("notice", Notification.class)
                                        .service()));
                    }
                })
                .load(Desk.ALERTS)
                .start()) {
            desk.raiseMany(5);
            await().until(() -> others.size() == 5);
            assertThat(desk.outbox.depth("webhook")).isEqualTo(5);

            release.countDown();
            await().until(() -> desk.outbox.depth("webhook") == 0);
        }
        assertThat(others).containsExactly("s1", "s2", "s3", "s4", "s5");
        await().untilAsserted(() -> assertThat(services()).containsExactly("s1", "s2", "s3", "s4", "s5"));
    }

    @Test
    void aServerThatNeverAnswersIsGivenUpAndTriedAgain() throws Exception {
        CountDownLatch never = new CountDownLatch(1);
        AtomicInteger requests = new AtomicInteger();
        server.answer = request -> {
            if (requests.incrementAndGet() == 1) {
                never.await();
            }
            request.sendResponseHeaders(200, -1);
        };
        Map<String, String> settings = settings();
        settings.put("pgsteward.webhook.timeout", "500");
        try (Desk desk = new Desk(state, settings).load(Desk.ALERTS).start()) {
            desk.raiseMany(1);
            await().until(() -> desk.outbox.depth("webhook") == 0);
        }
        await().untilAsserted(() -> assertThat(services()).containsExactly("s1"));
    }

    private Desk desk() throws Exception {
        return new Desk(state, settings()).load(Desk.ALERTS).start();
    }

    private Map<String, String> settings() {
        return new HashMap<>(Map.of("pgsteward.webhook.enabled", "true", "pgsteward.webhook.url", server.url()));
    }

    private List<String> services() {
        return server.taken.stream().map(body -> notice(body).service()).toList();
    }

    private Notification notice(String body) {
        try {
            return json.readValue(body, Notification.class);
        } catch (JsonProcessingException torn) {
            throw new AssertionError(body, torn);
        }
    }
}
