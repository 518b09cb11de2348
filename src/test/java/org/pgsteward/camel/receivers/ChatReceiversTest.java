package org.pgsteward.camel.receivers;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.stream.StreamSupport;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;
import org.apache.camel.model.Model;
import org.apache.camel.model.SetHeaderDefinition;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.pgsteward.alert.Silences;
import org.pgsteward.alert.message.Messages;
import org.pgsteward.io.Json;
import org.pgsteward.model.Condition;
import org.pgsteward.model.Severity;

/**
 * Each shipped receiver against a server that keeps the requests. {@code Messages} describes the documented formats.
 */
@Tag("fast")
class ChatReceiversTest {
    private static final String HOSTILE = "<b>&\"x\"</b> *a* _b_ `c` [d](http://e) @everyone <!channel> 🐘";
    private static final String COMMANDS = "psql -c 'SELECT 1 < 2 && true'\necho ```";

    @TempDir
    private Path state;

    private final ObjectMapper json = Json.mapper();
    private final HookServer server;

    ChatReceiversTest() throws IOException {
        server = new HookServer(0);
    }

    @AfterEach
    void stopServer() {
        server.close();
    }

    @Test
    void slackGetsMrkdwnInWhichNothingOfOursIsMarkup() throws Exception {
        JsonNode message = sent("slack", Map.of("pgsteward.slack.url", server.url()), hostile());

        assertThat(server.requests.get(0).path()).isEqualTo(HookServer.PATH);
        assertThat(message.fieldNames()).toIterable().containsExactly("text");
        assertThat(message.get("text").asText())
                .startsWith("🔴 *[critical] vikunja service down: &lt;b&gt;&amp;\"x\"&lt;/b&gt; *a*")
                .contains("@\u2060everyone", "&lt;!channel&gt;")
                .contains("\n```\npsql -c 'SELECT 1 &lt; 2 &amp;&amp; true'\necho `\u2060`\u2060`\n```")
                .doesNotContain("<", "{{");
    }

    @Test
    void discordGetsAnEmbedThatMentionsNobody() throws Exception {
        JsonNode message = sent("discord", Map.of("pgsteward.discord.url", server.url()), hostile());

        assertThat(server.requests.get(0).path()).isEqualTo(HookServer.PATH + "?wait=true");
        assertThat(message.at("/allowed_mentions/parse").isArray()).isTrue();
        assertThat(message.at("/allowed_mentions/parse")).isEmpty();
        assertThat(message.get("embeds")).hasSize(1);
        assertThat(message.at("/embeds/0/title").asText()).startsWith("\\[critical\\] vikunja service down: \\<b\\>");
        assertThat(message.at("/embeds/0/description").asText())
                .contains("\\[d\\]\\(http://e\\)", "\\@everyone", "\\*a\\*")
                .contains("```\npsql -c 'SELECT 1 < 2 && true'\necho `\u2060`\u2060`\n```");
        assertThat(message.at("/embeds/0/color").asInt()).isEqualTo(0xC62828);
        assertThat(Instant.parse(message.at("/embeds/0/timestamp").asText())).isBeforeOrEqualTo(Instant.now());
    }

    @Test
    void telegramGetsHtmlThatItCanRead() throws Exception {
        JsonNode message = sent(
                "telegram",
                Map.of(
                        "pgsteward.telegram.url", server.root(),
                        "pgsteward.telegram.token", "123456:AAtheT0ken-_x",
                        "pgsteward.telegram.chat", "-1001234567890"),
                hostile());

        assertThat(server.requests.get(0).path()).isEqualTo("/bot123456:AAtheT0ken-_x/sendMessage");
        assertThat(message.get("chat_id").asText()).isEqualTo("-1001234567890");
        assertThat(message.get("parse_mode").asText()).isEqualTo("HTML");
        assertThat(message.at("/link_preview_options/is_disabled").asBoolean()).isTrue();
        assertThat(message.get("disable_notification").asBoolean()).isFalse();
        assertThat(message.get("text").asText())
                .startsWith("🔴 <b>[critical] vikunja service down: &lt;b&gt;&amp;")
                .endsWith("<pre>psql -c 'SELECT 1 &lt; 2 &amp;&amp; true'\necho ```</pre>");
        assertThat(message.get("text").asText().replaceAll("</?(b|pre)>", "")).doesNotContain("<", ">");
    }

    @Test
    void ntfyGetsTheTopicInTheBodyAndTheTokenInAHeader() throws Exception {
        JsonNode message = sent(
                "ntfy",
                Map.of(
                        "pgsteward.ntfy.url", server.root(),
                        "pgsteward.ntfy.topic", "lab-4f9a1c",
                        "pgsteward.ntfy.token", "tk_abcdef"),
                hostile());

        assertThat(server.requests.get(0).path()).isIn("", "/");
        assertThat(server.requests.get(0).headers().getFirst("Authorization")).isEqualTo("Bearer tk_abcdef");
        assertThat(message.get("topic").asText()).isEqualTo("lab-4f9a1c");
        assertThat(message.get("title").asText()).contains("[critical] vikunja service down: <b>&\"x\"</b>");
        assertThat(message.get("message").asText()).contains(HOSTILE, COMMANDS);
        assertThat(message.get("priority").asInt()).isEqualTo(5);
        assertThat(message.get("tags")).hasSize(3);
    }

    @Test
    void withoutATokenNtfyGetsNoHeaderOfOne() throws Exception {
        sent("ntfy", Map.of("pgsteward.ntfy.url", server.root(), "pgsteward.ntfy.topic", "lab-4f9a1c"), hostile());
        assertThat(server.requests.get(0).headers()).doesNotContainKey("Authorization");
    }

    @ParameterizedTest
    @CsvSource({"ntfy, https://ntfy.sh", "telegram, https://api.telegram.org/bot1:a/sendMessage"})
    void withoutAnAddressTheServicesOwnServerIsAsked(String receiver, String address) throws Exception {
        Map<String, String> settings = Map.of(
                "pgsteward.ntfy.topic", "t",
                "pgsteward.telegram.token", "1:a",
                "pgsteward.telegram.chat", "1");
        try (Desk desk = desk(receiver, settings)) {
            String asked = desk
                    .context
                    .getCamelContextExtension()
                    .getContextPlugin(Model.class)
                    .getRouteDefinition("receiver-" + receiver)
                    .getOutputs()
                    .stream()
                    .filter(SetHeaderDefinition.class::isInstance)
                    .map(SetHeaderDefinition.class::cast)
                    .filter(header -> header.getName().equals("CamelHttpUri"))
                    .map(header -> header.getExpression().getExpression())
                    .findFirst()
                    .orElseThrow();
            assertThat(desk.context.resolvePropertyPlaceholders(asked)).isEqualTo(address);
        }
    }

    @Test
    void gotifyGetsAMessageLouderTheWorseItIs() throws Exception {
        JsonNode message = sent(
                "gotify",
                Map.of("pgsteward.gotify.url", server.root() + "/push", "pgsteward.gotify.token", "Axyz123"),
                hostile());

        assertThat(server.requests.get(0).path()).isEqualTo("/push/message");
        assertThat(server.requests.get(0).headers().getFirst("X-Gotify-Key")).isEqualTo("Axyz123");
        assertThat(message.get("title").asText()).startsWith("[critical] vikunja service down");
        assertThat(message.get("message").asText()).contains(HOSTILE, COMMANDS);
        assertThat(message.get("priority").asInt()).isEqualTo(8);
        assertThat(message.at("/extras/client::display/contentType").asText()).isEqualTo("text/plain");
    }

    @Test
    void alertmanagerGetsAFiringAlertRepeatedUntilResolved() throws Exception {
        Map<String, String> settings =
                Map.of("pgsteward.alertmanager.url", server.root() + "/am", "pgsteward.alertmanager.again", "300");
        try (Desk desk = desk("alertmanager", settings)) {
            desk.raise(hostile());
            await().until(() -> asNotified().size() == 1 && asSaidAgain().size() >= 2);
            JsonNode reported = asNotified().get(0);
            JsonNode first = reported.get(0);
            assertThat(server.requests).extracting(HookServer.Request::path).containsOnly("/am/api/v2/alerts");
            assertThat(first.get("labels").toString())
                    .isEqualTo("{\"alertname\":\"service-down\",\"service\":\"vikunja\","
                            + "\"severity\":\"critical\",\"source\":\"pgsteward\"}");
            assertThat(first.at("/annotations/description").asText()).contains(HOSTILE);
            assertThat(first.at("/annotations/remedy").asText()).isEqualTo(COMMANDS);
            assertThat(end(first)).isAfter(Instant.now().plus(Duration.ofMinutes(4)));
            assertThat(end(reported.get(1)))
                    .as("the alert of lower severity ends")
                    .isBeforeOrEqualTo(Instant.now());

            assertThat(asSaidAgain()).allMatch(alerts -> alerts.size() == 1);
            JsonNode again = asSaidAgain().get(0).get(0);
            assertThat(again.get("labels")).isEqualTo(first.get("labels"));
            assertThat(again.get("startsAt")).isEqualTo(first.get("startsAt"));

            desk.raise(Condition.well("service-down", "vikunja", "answers", Instant.now()));
            await().until(() -> desk.outbox.depth("alertmanager") == 0);
        }
        JsonNode last = server.requests.stream()
                .map(request -> read(request.body()).get(0))
                .filter(alert -> alert.at("/annotations/summary").asText().startsWith("[resolved]"))
                .findFirst()
                .orElseThrow();
        assertThat(last.get("labels")).isEqualTo(asNotified().get(0).get(0).get("labels"));
        assertThat(end(last)).isBeforeOrEqualTo(Instant.now());
        assertThat(Instant.parse(last.get("startsAt").asText())).isBeforeOrEqualTo(end(last));
    }

    /** A route file that an operator edited under an earlier version calls this name. */
    @Test
    void theOldNameOfRepeatedAlertsWorks() {
        Messages messages = new Messages(state, json, ZoneOffset.UTC, Clock.systemUTC());

        assertThat(messages.alertmanagerAgain(List.of())).isEmpty();
    }

    @Test
    void alertmanagerGetsTheSeverityFromBeforeTheSilence() throws Exception {
        Map<String, String> settings =
                Map.of("pgsteward.alertmanager.url", server.root() + "/am", "pgsteward.alertmanager.again", "100");
        try (Desk desk = desk("alertmanager", settings)) {
            desk.raise(Desk.bad("vikunja"));
            await().until(() -> desk.alerts.heard().size() == 1);
            Silences silences = new Silences(state, json, Clock.systemUTC());
            silences.begin("vikunja", "", Duration.ofMinutes(5), "an update");
            desk.raise(Condition.bad(
                    Severity.CRITICAL, "memory-high", "vikunja", "97% of 256 MiB in use", "", Instant.now()));
            int before = server.requests.size();
            await().until(() -> server.requests.size() > before + 3);
        }
        assertThat(server.requests.stream()
                        .flatMap(request ->
                                StreamSupport.stream(read(request.body()).spliterator(), false))
                        .map(alert -> alert.at("/labels/severity").asText()))
                .as("the notified severity, and the lower one that resolves")
                .containsOnly("warning", "info");
        assertThat(server.requests.get(server.requests.size() - 1).body())
                .contains("[warning] vikunja memory high: 97%");
    }

    /**
     * Returns the alerts of new notices. Such a request has three alerts, because it also resolves the less severe
     * ones.
     */
    private List<JsonNode> asNotified() {
        return server.requests.stream()
                .map(request -> read(request.body()))
                .filter(alerts -> alerts.size() == 3)
                .toList();
    }

    private List<JsonNode> asSaidAgain() {
        return server.requests.stream()
                .map(request -> read(request.body()))
                .filter(alerts -> alerts.size() != 3)
                .toList();
    }

    @Test
    void aWebhookWithASecretIsSignedOverTheBytesThatArrive() throws Exception {
        byte[] key = "0123456789abcdef0123456789abcdef".getBytes(StandardCharsets.UTF_8);
        String secret = "whsec_" + Base64.getEncoder().encodeToString(key);
        sent("webhook", Map.of("pgsteward.webhook.url", server.url(), "pgsteward.webhook.secret", secret), hostile());

        HookServer.Request request = server.requests.get(0);
        String id = request.headers().getFirst("webhook-id");
        String timestamp = request.headers().getFirst("webhook-timestamp");
        Mac mac = Mac.getInstance("HmacSHA256");
        mac.init(new SecretKeySpec(key, "HmacSHA256"));
        byte[] signed = mac.doFinal((id + "." + timestamp + "." + request.body()).getBytes(StandardCharsets.UTF_8));
        assertThat(request.headers().getFirst("webhook-signature"))
                .isEqualTo("v1," + Base64.getEncoder().encodeToString(signed));
        assertThat(id).isEqualTo(read(request.body()).get("id").asText());
        assertThat(Instant.ofEpochSecond(Long.parseLong(timestamp)))
                .isBetween(Instant.now().minusSeconds(30), Instant.now());
        assertThat(request.headers()).doesNotContainKey("Secret");
    }

    @Test
    void aWebhookWithoutASecretIsNotSigned() throws Exception {
        sent("webhook", Map.of("pgsteward.webhook.url", server.url()), hostile());
        assertThat(server.requests.get(0).headers()).doesNotContainKey("Webhook-signature");
    }

    private JsonNode sent(String receiver, Map<String, String> settings, Condition condition) throws Exception {
        try (Desk desk = desk(receiver, settings)) {
            desk.raise(condition);
            await().until(() -> desk.outbox.depth(receiver) == 0);
        }
        HookServer.Request request = server.requests.get(0);
        assertThat(request.method()).isEqualTo("POST");
        assertThat(request.headers().getFirst("Content-Type")).startsWith("application/json");
        return body(0);
    }

    /** Returns the route files under test. */
    String[] files() {
        return Desk.ALERTS;
    }

    private Desk desk(String receiver, Map<String, String> settings) throws Exception {
        Map<String, String> all = new java.util.HashMap<>(settings);
        all.put("pgsteward." + receiver + ".enabled", "true");
        return new Desk(state, all).load(files()).start();
    }

    private static Condition hostile() {
        return Condition.bad(Severity.CRITICAL, "service-down", "vikunja", HOSTILE, COMMANDS, Instant.now());
    }

    private JsonNode body(int request) {
        return read(List.copyOf(server.requests).get(request).body());
    }

    private JsonNode read(String body) {
        try {
            return json.readTree(body);
        } catch (IOException torn) {
            throw new AssertionError(body, torn);
        }
    }

    private static Instant end(JsonNode alert) {
        return Instant.parse(alert.get("endsAt").asText());
    }
}
