package org.pgsteward.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.io.IOException;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

@Tag("fast")
class ReceiverSettingsTest {
    /** The name before the last part of each setting that switches a receiver on. */
    private static final List<String> ALL = AllSettings.all().stream()
            .filter(setting -> setting.is(Setting.Trait.SWITCH))
            .map(setting -> setting.name().replaceFirst("pgsteward\\.(.*)\\.[a-z]+", "$1"))
            .toList();

    @Test
    void withoutAWordNoneIsOn() throws IOException {
        assertThat(ALL).contains("mail", "webhook", "backup.ping");
        Settings settings = ReceiverSettings.with(Settings.from(Map.of()));
        assertThat(ALL)
                .allSatisfy(name -> assertThat(settings.get("pgsteward." + name + ".enabled"))
                        .contains("false"));
    }

    @Test
    void variablesOfAReceiverAreThoseThatAreSet() throws IOException {
        Settings settings = Settings.from(Map.of(
                "PGSTEWARD_MAIL_TO", "a@b.c", "PGSTEWARD_MAILBOX_DIR", "/x", "PGSTEWARD_MQTT_BROKER", "tcp://x"));
        assertThat(ReceiverSettings.variables(settings, "email")).containsExactly("PGSTEWARD_MAIL_TO");
        assertThat(ReceiverSettings.variables(settings, "mqtt")).containsExactly("PGSTEWARD_MQTT_BROKER");
        assertThat(ReceiverSettings.variables(settings, "slack")).isEmpty();
        assertThat(ReceiverSettings.switches(settings))
                .containsEntry("email", "PGSTEWARD_MAIL_TO")
                .containsEntry("slack", "PGSTEWARD_SLACK_URL_FILE");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "PGSTEWARD_MAIL_TO          | mail",
                "PGSTEWARD_WEBHOOK_URL      | webhook",
                "PGSTEWARD_MAILBOX_DIR      | mailbox",
                "PGSTEWARD_NTFY_TOPIC       | ntfy",
                "PGSTEWARD_SLACK_URL        | slack",
                "PGSTEWARD_DISCORD_URL      | discord",
                "PGSTEWARD_ALERTMANAGER_URL | alertmanager"
            })
    void oneIsOnByTheSettingThatSaysWhereItSends(String variable, String on) throws IOException {
        Settings settings = ReceiverSettings.with(Settings.from(Map.of(variable, "https://example.org/x/")));
        assertThat(ALL)
                .allSatisfy(name -> assertThat(settings.get("pgsteward." + name + ".enabled"))
                        .contains(Boolean.toString(name.equals(on))));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                // user | TLS from the first byte | setting | whether STARTTLS is required
                "     |       |       | false",
                " ops |       |       | true",
                " ops | false |       | true",
                " ops | true  |       | false",
                " ops |       | false | false",
                "     |       | true  | true",
            })
    void aMailPasswordIsGivenToServersThatEncryptUnlessSaidOtherwise(
            String user, String tls, String set, boolean required) throws IOException {
        Map<String, String> given = new HashMap<>(Map.of("PGSTEWARD_MAIL_TO", "ops@example.org"));
        Optional.ofNullable(user).ifPresent(value -> given.put("PGSTEWARD_MAIL_USER", value));
        Optional.ofNullable(tls).ifPresent(value -> given.put("PGSTEWARD_MAIL_TLS", value));
        Optional.ofNullable(set).ifPresent(value -> given.put("PGSTEWARD_MAIL_STARTTLS_REQUIRED", value));
        assertThat(ReceiverSettings.with(Settings.from(given))
                        .get("pgsteward.mail.starttls.required")
                        .orElseThrow())
                .isEqualTo(Boolean.toString(required));
    }

    @Test
    void anAddressLosesTheSlashAtItsEnd() throws IOException {
        Settings settings = ReceiverSettings.with(Settings.from(
                Map.of("PGSTEWARD_GOTIFY_URL", "https://push.example.org/", "PGSTEWARD_GOTIFY_TOKEN", "A1")));
        assertThat(settings.get("pgsteward.gotify.url").orElseThrow()).isEqualTo("https://push.example.org");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "PGSTEWARD_GOTIFY_URL     | https://push.example.org | PGSTEWARD_GOTIFY_TOKEN",
                "PGSTEWARD_TELEGRAM_TOKEN | 1:a                      | PGSTEWARD_TELEGRAM_CHAT"
            })
    void missingSettingsAreNamed(String variable, String value, String missing) throws IOException {
        Settings given = Settings.from(Map.of(variable, value));
        assertThatIllegalArgumentException()
                .isThrownBy(() -> ReceiverSettings.with(given))
                .withMessageContaining("is not set: set " + missing);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "hooks.slack.com/services/T0S3CRET",
                "ftp://h/T0S3CRET",
                "https:///T0S3CRET",
                "http://h/T0S3CRET x"
            })
    void invalidAddressStopsTheStartAndIsNotQuoted(String value) throws IOException {
        Settings given = Settings.from(Map.of("PGSTEWARD_SLACK_URL", value));
        assertThatIllegalArgumentException()
                .isThrownBy(() -> ReceiverSettings.with(given))
                .withMessageContaining("pgsteward.slack.url is not an address")
                .satisfies(refused -> assertThat(refused.getMessage()).doesNotContain("T0S3CRET"));
    }

    @Test
    void aTopicIsASecret() throws IOException {
        assertThat(Settings.from(Map.of("PGSTEWARD_NTFY_TOPIC", "lab-4f9a1c")).secrets())
                .contains("lab-4f9a1c");
    }
}
