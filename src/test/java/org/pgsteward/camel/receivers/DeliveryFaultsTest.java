package org.pgsteward.camel.receivers;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyStore;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import org.apache.camel.builder.RouteBuilder;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.pgsteward.alert.Fallbacks;
import org.pgsteward.model.Condition;
import org.pgsteward.model.Notification;
import org.pgsteward.model.Severity;

/** Services that do not accept a notice, by real HTTP and through the shipped routes. */
@Tag("fast")
class DeliveryFaultsTest {
    private static final Duration PATIENCE = Duration.ofMinutes(8);

    @TempDir
    private Path state;

    private final HookServer server;
    private final List<Notification> phone = new CopyOnWriteArrayList<>();
    private final AtomicBoolean engaged = new AtomicBoolean();
    private final AtomicInteger requests = new AtomicInteger();
    private final List<Instant> at = new CopyOnWriteArrayList<>();

    DeliveryFaultsTest() throws IOException {
        server = new HookServer(0);
    }

    @AfterEach
    void stopServer() {
        server.close();
    }

    @ParameterizedTest
    @ValueSource(strings = {"seconds", "date", "discord", "telegram"})
    void aServiceIsLeftAloneForAsLongAsItAsks(String how) throws Exception {
        server.answer = request -> {
            at.add(Instant.now());
            String body = switch (how) {
                case "discord" -> "{\"message\":\"You are being rate limited.\",\"retry_after\":1.2}";
                case "telegram" -> "{\"ok\":false,\"error_code\":429,\"parameters\":{\"retry_after\":2}}";
                default -> "";
            };
            if (how.equals("seconds")) {
                request.getResponseHeaders().set("Retry-After", "1");
            } else if (how.equals("date")) {
                request.getResponseHeaders()
                        .set("Retry-After", httpDate(Instant.now().plusSeconds(3)));
            }
            answer(request, requests.incrementAndGet() == 1 ? (how.equals("date") ? 503 : 429) : 200, body);
        };
        try (Desk desk = desk(Fallbacks.NONE)) {
            desk.raiseMany(2);
            await().atMost(PATIENCE).until(() -> desk.outbox.depth("webhook") == 0);
        }
        assertThat(Duration.between(at.get(0), at.get(1))).isBetween(Duration.ofMillis(950), Duration.ofSeconds(20));
        assertThat(at).hasSize(3);
    }

    @ParameterizedTest
    @CsvSource({"400, bad request: unknown field", "401, invalid token", "404, no_service"})
    void refusedNoticeIsLoggedWithTheAnswerAndRetriedSlowly(int status, String says) throws Exception {
        String echo = says + " " + server.url() + "\r\nforged line";
        server.answer = request -> {
            at.add(Instant.now());
            answer(request, requests.incrementAndGet() < 3 ? status : 200, echo);
        };
        try (CapturedLog log = new CapturedLog();
                Desk desk = desk(Fallbacks.NONE)) {
            desk.raise(Desk.bad("vikunja"));
            await().atMost(PATIENCE).until(() -> desk.outbox.depth("webhook") == 0);
            assertThat(log.text())
                    .contains(
                            "receiver webhook refused '[warning] vikunja memory high",
                            "HTTP status " + status + ": " + says)
                    .doesNotContain("T0S3CRET", "\nforged");
        }
        assertThat(server.taken).hasSize(1);
        assertThat(Duration.between(at.get(0), at.get(1))).isGreaterThan(Duration.ofMillis(450));
        assertThat(Duration.between(at.get(1), at.get(2))).isGreaterThan(Duration.ofMillis(900));
    }

    @Test
    void aTokenInAnAddressIsInNoLogAndNoNotice() throws Exception {
        server.answer = request -> answer(request, 500, "oh " + request.getRequestURI());
        Map<String, String> settings = Map.of(
                "pgsteward.telegram.enabled", "true",
                "pgsteward.telegram.url", server.root(),
                "pgsteward.telegram.token", "123456:AAtheT0ken-_x",
                "pgsteward.telegram.chat", "1",
                "pgsteward.alerts.tick", "100ms");
        Fallbacks soon = new Fallbacks(List.of(), Duration.ofMillis(500));
        try (CapturedLog log = new CapturedLog();
                Desk desk = phoned(new Desk(state, settings, soon))) {
            desk.raise(Desk.bad("vikunja"));
            await().atMost(PATIENCE).until(() -> phone.size() == 2);
            assertThat(phone.get(1).text()).contains("HTTP status 500: oh ").doesNotContain("T0ken");
            assertThat(log.text()).contains("HTTP status 500: oh ").doesNotContain("T0ken");
        }
    }

    @Test
    void selfSignedCertificateIsNotTrusted() throws Exception {
        try (HookServer untrusted = HookServer.untrusted(selfSigned());
                CapturedLog log = new CapturedLog();
                Desk desk = new Desk(state, settings(untrusted.url()), Fallbacks.NONE)
                        .load(Desk.ALERTS)
                        .start()) {
            desk.raise(Desk.bad("vikunja"));
            await().atMost(PATIENCE).until(() -> log.text().contains("attempt 2"));
            assertThat(untrusted.requests).isEmpty();
            assertThat(desk.outbox.depth("webhook")).isEqualTo(1);
            assertThat(log.text())
                    .contains("unable to find valid certification path")
                    .doesNotContain("T0S3CRET");
        }
    }

    @Test
    void otherReceiversGetOneAlertAboutAFailingReceiver() throws Exception {
        AtomicBoolean down = new AtomicBoolean(true);
        server.answer = request -> answer(request, down.get() ? 500 : 200, "");
        Map<String, String> settings = new HashMap<>(settings(server.url()));
        settings.put("pgsteward.alerts.tick", "100ms");
        try (Desk desk = phoned(new Desk(state, settings, new Fallbacks(List.of(), Duration.ofSeconds(1))))) {
            desk.raise(Desk.bad("vikunja"));
            await().atMost(PATIENCE).until(() -> phone.size() == 2);
            desk.raise(Desk.bad("gitea"));
            await().atMost(PATIENCE).until(() -> phone.size() == 3);
            down.set(false);
            await().atMost(PATIENCE).until(() -> phone.size() == 4);
            await().atMost(PATIENCE).until(() -> desk.outbox.depth("webhook") == 0);
            assertThat(desk.alerts.firing())
                    .extracting(alert -> alert.service())
                    .containsOnly("vikunja", "gitea");
        }
        assertThat(phone)
                .extracting(Notification::kind)
                .containsExactly("memory-high", Fallbacks.RECEIVER_FAILING, "memory-high", Fallbacks.RECEIVER_FAILING);
        assertThat(phone.get(1).service()).isEqualTo("webhook");
        assertThat(phone.get(1).remedy()).contains("docker logs --since 1h pgsteward");
        assertThat(phone.get(3).state()).isEqualTo("resolved");
        assertThat(server.taken).hasSize(2).noneMatch(body -> body.contains(Fallbacks.RECEIVER_FAILING));
    }

    @Test
    void alertOfAReceiverRemovedDuringAStopResolves() throws Exception {
        server.answer = request -> answer(request, 500, "");
        try (Desk desk = desk(Fallbacks.NONE)) {
            for (String receiver : List.of("pigeon", "webhook")) {
                desk.raise(Condition.bad(
                        Severity.WARNING, Fallbacks.RECEIVER_FAILING, receiver, "takes nothing", "", Instant.now()));
            }
        }
        try (Desk desk = desk(Fallbacks.NONE)) {
            assertThat(desk.outbox.known()).doesNotContain("pigeon");
            assertThat(desk.alerts.firing())
                    .extracting(alert -> alert.service())
                    .containsExactly("webhook");
        }
    }

    @Test
    void fallbackIsNotifiedOnlyWhileOthersAreUnavailable() throws Exception {
        AtomicBoolean down = new AtomicBoolean();
        server.answer = request -> answer(request, down.get() ? 500 : 200, "");
        try (Desk desk = phoned(
                new Desk(state, settings(server.url()), new Fallbacks(List.of("phone"), Duration.ofSeconds(1))))) {
            desk.raise(Desk.bad("vikunja"));
            await().atMost(PATIENCE).until(() -> server.taken.size() == 1);
            down.set(true);
            desk.raise(Desk.bad("gitea"));
            await().atMost(PATIENCE)
                    .until(() ->
                            phone.stream().anyMatch(notice -> notice.service().equals("gitea")));
            down.set(false);
            await().atMost(PATIENCE).until(() -> desk.outbox.depth("webhook") == 0);
        }
        assertThat(server.taken)
                .as("including the notification of the fallback receiver")
                .hasSize(2);
        assertThat(phone).extracting(Notification::service).contains("gitea").doesNotContain("vikunja");
        assertThat(phone.stream().filter(notice -> notice.service().equals("gitea")))
                .hasSize(1);
    }

    @Test
    void heartbeatStopsWhileNoReceiverCanBeReached() throws Exception {
        Map<String, String> settings = Map.of(
                "pgsteward.heartbeat.enabled", "true",
                "pgsteward.heartbeat.url", server.root() + "/ping/0b5f",
                "pgsteward.heartbeat.delay", "0",
                "pgsteward.heartbeat.period", "100");
        Fallbacks soon = new Fallbacks(List.of(), Duration.ofSeconds(1));
        try (Desk desk = phoned(new Desk(state, settings, soon)).load("routes/heartbeat.camel.yaml")) {
            await().atMost(PATIENCE).until(() -> server.requests.size() > 2);
            assertThat(server.requests).allSatisfy(request -> {
                assertThat(request.method()).isEqualTo("GET");
                assertThat(request.path()).isEqualTo("/ping/0b5f");
            });
            engaged.set(true);
            desk.raise(Desk.bad("vikunja"));
            await().atMost(PATIENCE).during(Duration.ofSeconds(1)).until(this::isSilent);
            engaged.set(false);
            await().atMost(PATIENCE).until(() -> phone.size() == 1);
            int before = server.requests.size();
            await().atMost(PATIENCE).until(() -> server.requests.size() > before);

            desk.context.getRouteController().stopRoute("receiver-phone");
            desk.context.removeRoute("receiver-phone");
            await().atMost(PATIENCE).during(Duration.ofSeconds(1)).until(this::isSilent);
        }
    }

    private final AtomicInteger heard = new AtomicInteger();

    /** Returns whether no request arrived since the previous call. */
    private boolean isSilent() {
        int now = server.requests.size();
        return heard.getAndSet(now) == now;
    }

    private static void answer(com.sun.net.httpserver.HttpExchange request, int status, String body)
            throws IOException {
        byte[] bytes = body.getBytes(StandardCharsets.UTF_8);
        request.sendResponseHeaders(status, bytes.length == 0 ? -1 : bytes.length);
        request.getResponseBody().write(bytes);
    }

    private static String httpDate(Instant time) {
        return DateTimeFormatter.RFC_1123_DATE_TIME.format(time.atZone(ZoneOffset.UTC));
    }

    private Desk desk(Fallbacks fallbacks) throws Exception {
        return new Desk(state, settings(server.url()), fallbacks)
                .load(Desk.ALERTS)
                .start();
    }

    /** Adds a second receiver, which accepts everything unless it is engaged. */
    private Desk phoned(Desk desk) throws Exception {
        return desk.with(new RouteBuilder() {
                    @Override
                    public void configure() {
                        errorHandler(noErrorHandler());
                        from("direct:receiver-phone").routeId("receiver-phone").process(exchange -> {
                            if (engaged.get()) {
                                throw new IOException("engaged");
                            }
                            phone.add(exchange.getVariable("notice", Notification.class));
                        });
                    }
                })
                .load(Desk.ALERTS)
                .start();
    }

    private static Map<String, String> settings(String url) {
        return new HashMap<>(Map.of("pgsteward.webhook.enabled", "true", "pgsteward.webhook.url", url));
    }

    private SSLContext selfSigned() throws Exception {
        Path store = state.resolve("untrusted.p12");
        Process keytool = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "keytool")
                                .toString(),
                        "-genkeypair",
                        "-keyalg",
                        "EC",
                        "-dname",
                        "CN=127.0.0.1",
                        "-alias",
                        "server",
                        "-keystore",
                        store.toString(),
                        "-storetype",
                        "PKCS12",
                        "-storepass",
                        "changeit")
                .redirectErrorStream(true)
                .start();
        String said = new String(keytool.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(keytool.waitFor()).as(said).isZero();
        KeyStore keys = KeyStore.getInstance("PKCS12");
        try (InputStream file = Files.newInputStream(store)) {
            keys.load(file, "changeit".toCharArray());
        }
        KeyManagerFactory factory = KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
        factory.init(keys, "changeit".toCharArray());
        SSLContext tls = SSLContext.getInstance("TLS");
        tls.init(factory.getKeyManagers(), null, null);
        return tls;
    }
}
