package org.pgsteward.alert.message;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.Map;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.pgsteward.alert.SettableClock;
import org.pgsteward.camel.receivers.CapturedLog;
import org.pgsteward.io.Json;
import org.pgsteward.model.Notification;

@Tag("fast")
class TemplatesTest {
    private static final String OURS = "text\n\nCommands to paste:\n\nls <x>";

    @TempDir
    private Path folder;

    @Test
    void anOperatorsTextTakesThePlaceOfOurs() throws IOException {
        write("email-text", "{{#firing}}{{service}}: {{#figures}}{{name}}={{value}}{{/figures}}, {{since}}{{/firing}}");

        assertThat(messages().mail(notice())).isEqualTo("vikunja: percent=82, 2026-05-01 12:00:00 Z");
    }

    @Test
    void filledInValuesAreEscapedForTheService() throws IOException {
        write("email-html", "<i>{{remedy}}</i>");

        assertThat(messages().mailHtml(notice())).isEqualTo("<i>ls &lt;x&gt;</i>");
    }

    @Test
    void anEditIsReadWithoutARestart() throws IOException {
        Messages messages = messages();
        assertThat(messages.mail(notice())).isEqualTo(OURS);
        write("email-text", "one {{title}}");
        assertThat(messages.mail(notice())).isEqualTo("one title");
        write("email-text", "and two {{title}}");
        assertThat(messages.mail(notice())).isEqualTo("and two title");
        Files.delete(folder.resolve("email-text.mustache"));
        assertThat(messages.mail(notice())).isEqualTo(OURS);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{{#firing}} never closed",
                "{{title",
                "{{> /etc/passwd}}",
                "{{/firing}}",
                "{{nonsense}}",
                "",
                "{{=x}}"
            })
    void aBrokenOneIsNamedOnceAndOursIsUsed(String broken) throws IOException {
        write("email-text", broken);
        try (CapturedLog log = new CapturedLog()) {
            Messages messages = messages();
            assertThat(messages.mail(notice())).isEqualTo(OURS);
            assertThat(messages.mail(notice())).isEqualTo(OURS);
            assertThat(log.text()).containsOnlyOnce("email-text.mustache, so the shipped one is used");
        }
    }

    @Test
    void oneThatCanNeverFitIsNamedOnceAndOursIsUsed() throws IOException {
        write("telegram", "words ".repeat(1000));
        try (CapturedLog log = new CapturedLog()) {
            assertThat(messages().telegram(notice(), "1")).contains("<b>title</b>");
            assertThat(log.text())
                    .containsOnlyOnce("telegram.mustache, so the shipped one is used")
                    .contains("of at most 4096");
        }
    }

    @Test
    void aMistakeThatIsCorrectedIsForgiven() throws IOException {
        Messages messages = messages();
        write("email-text", "{{#firing}}");
        assertThat(messages.mail(notice())).isEqualTo(OURS);
        write("email-text", "{{#firing}}{{title}}{{/firing}}");
        assertThat(messages.mail(notice())).isEqualTo("title");
    }

    @Test
    void aFileThatCannotBeReadIsNamedAndOursIsUsed() throws IOException {
        Files.createDirectory(folder.resolve("email-text.mustache"));
        Files.write(folder.resolve("email-html.mustache"), new byte[] {(byte) 0xff, (byte) 0xfe, 1});
        try (CapturedLog log = new CapturedLog()) {
            assertThat(messages().mail(notice())).isEqualTo(OURS);
            assertThat(messages().mailHtml(notice())).contains("<pre").endsWith("</html>");
            assertThat(log.text())
                    .contains(
                            "email-text.mustache, so the shipped one is used",
                            "email-html.mustache, so the shipped one is used");
        }
    }

    /** Writes a template with a new modification time each time, as an editor does. */
    private void write(String name, String text) throws IOException {
        Path file = folder.resolve(name + ".mustache");
        Files.writeString(file, text);
        Files.setLastModifiedTime(file, FileTime.from(Instant.ofEpochSecond(text.length())));
    }

    private Messages messages() {
        return new Messages(folder, Json.mapper(), ZoneOffset.UTC, new SettableClock());
    }

    private static Notification notice() {
        return new Notification(
                "n1",
                "firing",
                "warning",
                "memory-high",
                "vikunja",
                SettableClock.NOON,
                "title",
                "text",
                "ls <x>",
                Map.of("percent", 82));
    }
}
