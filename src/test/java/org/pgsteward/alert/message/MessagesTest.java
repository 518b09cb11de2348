package org.pgsteward.alert.message;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.StringReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import javax.xml.parsers.DocumentBuilderFactory;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.pgsteward.alert.SettableClock;
import org.pgsteward.io.Json;
import org.pgsteward.model.Notification;
import org.xml.sax.InputSource;

@Tag("fast")
class MessagesTest {
    @TempDir
    private Path templates;

    private final ObjectMapper json = Json.mapper();

    @Test
    void longTextForSlackIsCutAfterAWholeCommand() {
        String text = read(messages().slack(longOne())).get("text").asText();

        assertThat(text).hasSizeBetween(3800, 4000).endsWith("\n# … (cut)\n```");
        assertThat(text.lines().filter(line -> line.startsWith("docker")))
                .isNotEmpty()
                .allMatch(line -> line.endsWith(" # &lt;&amp;&gt; 🐘"));
    }

    @Test
    void longTextForDiscordIsCutInTitleAndDescription() {
        JsonNode embed = read(messages().discord(longOne())).at("/embeds/0");

        assertThat(embed.get("title").asText())
                .hasSizeBetween(100, 256)
                .endsWith("(cut)".replace("(", "\\(").replace(")", "\\)"));
        assertThat(embed.get("description").asText()).hasSizeBetween(3800, 4096).endsWith("\n# … (cut)\n```");
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 2, 3, 5, 8, 13, 21, 34, 55, 89, 144, 233, 377, 610, 987, 1597})
    void cutTextForTelegramStaysValidHtml(int more) throws Exception {
        Notification notice = notice("t<".repeat(60), "&<>🐘".repeat(900 + more), "ls '<'\n".repeat(more));

        String text = read(messages().telegram(notice, "1")).get("text").asText();

        assertThat(text.length()).isBetween(3900, 4096);
        DocumentBuilderFactory.newInstance()
                .newDocumentBuilder()
                .parse(new InputSource(new StringReader("<m>" + text + "</m>")));
        assertThat(text).contains("… (cut)");
    }

    @Test
    void ntfysLimitIsInBytes() {
        String message = read(messages().ntfy(notice("title", "🐘ü".repeat(3000), ""), "topic"))
                .get("message")
                .asText();

        assertThat(message.getBytes(StandardCharsets.UTF_8).length).isBetween(3000, 4096);
        assertThat(message).endsWith("… (cut)").doesNotContain("\uFFFD");
    }

    @Test
    void textWithinTheLimitStaysUnchanged() {
        assertThat(read(messages().slack(notice("title", "text", "ls")))
                        .get("text")
                        .asText())
                .isEqualTo("🟠 *title*\ntext\n```\nls\n```");
        assertThat(read(messages().telegram(notice("title", "text", ""), "1"))
                        .get("text")
                        .asText())
                .isEqualTo("🟠 <b>title</b>\ntext");
        assertThat(messages().mail(notice("title", "text", "ls"))).isEqualTo("text\n\nCommands to paste:\n\nls");
    }

    @Test
    void aSubjectIsOneLine() {
        assertThat(messages().title(notice("one\r\nBcc: two", "", ""))).isEqualTo("one Bcc: two");
    }

    @ParameterizedTest
    @ValueSource(strings = {"whsec_not base64 at all", "short", "whsec_c2hvcnQ="})
    void aSecretThatDoesNotFitIsNamedAndNotQuoted(String secret) {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> new WebhookSignature(secret))
                .withMessageContainingAll("pgsteward.webhook.secret", "openssl rand")
                .satisfies(refused -> assertThat(refused.getMessage()).doesNotContain(secret));
    }

    /** Checks the example of the specification (standard-webhooks, spec, "Signature scheme"). */
    @Test
    void signsAsStandardWebhooksSays() {
        assertThat(new WebhookSignature("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")
                        .of("msg_p5jXN8AQM9LWM0D4loKWxJek", "1614265330", "{\"test\": 2432232314}"))
                .isEqualTo("v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
    }

    private Messages messages() {
        return new Messages(templates, json, ZoneOffset.UTC, new SettableClock());
    }

    private static Notification longOne() {
        String commands = IntStream.range(0, 200)
                .mapToObj(i -> "docker logs container-" + i + " # <&> 🐘")
                .collect(Collectors.joining("\n"));
        return notice("title of <words> ".repeat(20), "text ".repeat(100), commands);
    }

    private static Notification notice(String title, String text, String remedy) {
        Instant since = Instant.parse("2026-05-01T12:00:00Z");
        return new Notification(
                "n1", "firing", "warning", "kind", "vikunja", since, title, text, remedy, Map.of("percent", 82));
    }

    private JsonNode read(String message) {
        try {
            return json.readTree(message);
        } catch (IOException torn) {
            throw new AssertionError(message, torn);
        }
    }
}
