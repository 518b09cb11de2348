package org.pgsteward.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

@Tag("fast")
class SettingsTest {
    @TempDir
    private Path folder;

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "pgsteward.postgres.host     | postgresql",
                "pgsteward.postgres.port     | 5432",
                "pgsteward.postgres.user     | homelab",
                "pgsteward.postgres.database | homelab",
                "pgsteward.docker.host       | unix:///var/run/docker.sock",
                "pgsteward.routes.dir        | routes",
                "pgsteward.state.dir         | state",
                "pgsteward.secrets.dir       | /run/secrets",
                "pgsteward.requests.dir      | requests",
                "pgsteward.backup.dir        | backups",
                "pgsteward.backup.schedule   | 0 3 * * *",
                "pgsteward.backup.keep       | last=3,daily=7,weekly=4,monthly=6",
                "pgsteward.http.host         | 127.0.0.1",
                "pgsteward.http.port         | 8080"
            })
    void unsetSettingHasTheDocumentedDefault(String key, String value) throws IOException {
        assertThat(Settings.from(Map.of()).get(key)).contains(value);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "PGSTEWARD_BACKUP_DIR       | pgsteward.backup.dir",
                "PGSTEWARD_HTTP_PORT        | pgsteward.http.port",
                "PGSTEWARD_POSTGRES_BINDIR  | pgsteward.postgres.bindir",
                "PGSTEWARD_TIMEZONE         | pgsteward.timezone",
                "PGSTEWARD_CATALOGUE_FILE   | pgsteward.catalogue.file"
            })
    void aVariableIsItsKeyInCapitals(String variable, String key) throws IOException {
        Settings settings =
                Settings.from(Map.of(variable, "set", "BACKUP_DIR", "not ours", "pgsteward_backup_dir", "no"));
        assertThat(settings.get(key)).contains("set");
    }

    @Test
    void previousNameOfASettingIsRead() {
        Settings settings = Settings.from(Map.of("PGSTEWARD_REPROOF_COUNT", "7"));
        assertThat(settings.get("pgsteward.reverification.count")).contains("7");
        assertThat(settings.variable("pgsteward.reverification.count")).isEqualTo("PGSTEWARD_REPROOF_COUNT");
        assertThat(settings.forRoutes())
                .containsEntry("pgsteward.reverification.count", "7")
                .containsEntry("pgsteward.reproof.count", "7");
        assertThat(OldSettings.advice(settings))
                .containsExactly("PGSTEWARD_REPROOF_COUNT is read for this version only; rename it to"
                        + " PGSTEWARD_REVERIFICATION_COUNT");
    }

    @Test
    void newNameOfASettingTakesPrecedenceOverThePreviousOne() {
        Settings settings =
                Settings.from(Map.of("PGSTEWARD_REPROOF_COUNT", "7", "PGSTEWARD_REVERIFICATION_COUNT", "2"));
        assertThat(settings.forRoutes())
                .containsEntry("pgsteward.reverification.count", "2")
                .containsEntry("pgsteward.reproof.count", "2");
        assertThat(settings.variable("pgsteward.reverification.count")).isEqualTo("PGSTEWARD_REVERIFICATION_COUNT");
        assertThat(OldSettings.advice(settings))
                .containsExactly("PGSTEWARD_REPROOF_COUNT is not read, because its new name"
                        + " PGSTEWARD_REVERIFICATION_COUNT is set; remove it");
    }

    @Test
    void emptyNewNameLeavesThePreviousOneInForce() {
        Settings settings = Settings.from(Map.of("PGSTEWARD_ALERTS_LOOK", "5s", "PGSTEWARD_ALERTS_TICK", ""));
        assertThat(settings.get("pgsteward.alerts.tick")).contains("5s");
    }

    @Test
    void previousNameOfASettingMayNameAFile() throws IOException {
        Path file = Files.writeString(folder.resolve("count"), "3");
        Settings settings =
                Settings.from(Map.of("PGSTEWARD_REPROOF_COUNT_FILE", file.toString(), "PGSTEWARD_REPROOF_COUNT", "1"));
        assertThat(settings.get("pgsteward.reverification.count")).contains("3");
        assertThat(OldSettings.advice(settings))
                .contains("PGSTEWARD_REPROOF_COUNT_FILE is read for this version only; rename it to"
                        + " PGSTEWARD_REVERIFICATION_COUNT_FILE");
        assertThat(settings.without(Set.of("pgsteward.reverification.count")).forRoutes())
                .doesNotContainKeys("pgsteward.reverification.count", "pgsteward.reproof.count");
    }

    @Test
    void propertyOfThePreviousNameOverridesTheSetting() {
        Settings settings = Settings.from(Map.of()).with(Map.of("pgsteward.reproof.count", "4"));
        assertThat(settings.get("pgsteward.reverification.count")).contains("4");
    }

    @Test
    void previousNamesOfLevelsAreReportedToo() {
        assertThat(OldSettings.advice(Settings.from(Map.of("PGSTEWARD_WATCH_DISK_WARN", "80%"))))
                .containsExactly("PGSTEWARD_WATCH_DISK_WARN is read for this version only; write 'disk: {warn: 80%}'"
                        + " into routes/thresholds.yaml");
    }

    @Test
    void anEmptyVariableIsNotSet() throws IOException {
        assertThat(Settings.from(Map.of("PGSTEWARD_BACKUP_DIR", "")).get("pgsteward.backup.dir"))
                .contains("backups");
    }

    @Test
    void anEmptyScheduleOfBaseBackupsIsNone() throws IOException {
        assertThat(Settings.from(Map.of()).get("pgsteward.backup.base.schedule"))
                .contains("30 3 * * 0");
        assertThat(Settings.from(Map.of("PGSTEWARD_BACKUP_BASE_SCHEDULE", "")).get("pgsteward.backup.base.schedule"))
                .isEmpty();
    }

    @ParameterizedTest(name = "{0}")
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '~',
            value = {
                "secret         | secret",
                "secret\\n      | secret",
                "secret\\r\\n   | secret",
                "secret\\n\\n   | secret\\n",
                "~ secret \\n~  | ~ secret ~",
                "p%a$s'w\"o\\n  | p%a$s'w\"o"
            })
    void onlyOneTrailingNewlineOfAFileIsDropped(String content, String value) throws IOException {
        Path file = Files.writeString(folder.resolve("password"), unescaped(content));
        Settings settings = Settings.from(Map.of("PGSTEWARD_POSTGRES_PASSWORD_FILE", file.toString()));
        assertThat(settings.value(PostgresConfig.PASSWORD).reveal()).isEqualTo(unescaped(value));
    }

    @Test
    void theFileWinsOverTheVariableWhicheverIsReadFirst() throws IOException {
        Path file = Files.writeString(folder.resolve("password"), "from the file");
        TreeMap<String, String> variables = new TreeMap<>(Map.of(
                "PGSTEWARD_POSTGRES_PASSWORD",
                "from the variable",
                "PGSTEWARD_POSTGRES_PASSWORD_FILE",
                file.toString()));
        for (Map<String, String> environment : List.of(variables, variables.descendingMap())) {
            assertThat(Settings.from(environment).get("pgsteward.postgres.password"))
                    .contains("from the file");
        }
    }

    @Test
    void theFilesThatItWasReadFromAreKnown() throws IOException {
        Path file = Files.writeString(folder.resolve("db_root"), "secret");
        Settings settings = Settings.from(Map.of(
                "PGSTEWARD_POSTGRES_PASSWORD_FILE", file.toString(), "PGSTEWARD_CATALOGUE_FILE", "/a/catalogue.json"));
        assertThat(settings.files()).containsExactly(file);
        assertThat(settings.with(Map.of("pgsteward.idle.days", "1")).files()).containsExactly(file);
        assertThat(settings.without(Set.of("pgsteward.idle.days")).files()).containsExactly(file);
    }

    @Test
    void anEmptyFileVariableLeavesTheVariableInForce() throws IOException {
        Settings settings = Settings.from(
                Map.of("PGSTEWARD_POSTGRES_PASSWORD", "from the variable", "PGSTEWARD_POSTGRES_PASSWORD_FILE", ""));
        assertThat(settings.get("pgsteward.postgres.password")).contains("from the variable");
    }

    @Test
    void aFileThatIsNotThereIsNamedTogetherWithTheVariable() {
        String missing = folder.resolve("nowhere").toString();
        assertThatThrownBy(() -> Settings.from(Map.of("PGSTEWARD_POSTGRES_PASSWORD_FILE", missing)))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("PGSTEWARD_POSTGRES_PASSWORD_FILE names " + missing + ", which does not exist");
    }

    @Test
    void aMissingSettingSaysBothWaysToSetIt() throws IOException {
        Settings settings = Settings.from(Map.of());
        assertThatIllegalArgumentException()
                .isThrownBy(() -> settings.value(PostgresConfig.PASSWORD))
                .withMessageContaining("pgsteward.postgres.password is not set")
                .withMessageContaining("PGSTEWARD_POSTGRES_PASSWORD,")
                .withMessageContaining("PGSTEWARD_POSTGRES_PASSWORD_FILE");
    }

    @Test
    void aNumberThatIsNoneIsNamedWithItsValue() throws IOException {
        Settings settings = Settings.from(Map.of("PGSTEWARD_HTTP_PORT", "eighty"));
        assertThatIllegalArgumentException()
                .isThrownBy(() -> settings.value(WebConfig.PORT))
                .withMessage("pgsteward.http.port is 'eighty', not a whole number");
    }

    @Test
    void timesSizesAndSharesAreReadWithTheirUnits() throws IOException {
        Settings settings = Settings.from(Map.of(
                "PGSTEWARD_A_TIME",
                "90m",
                "PGSTEWARD_A_DAY",
                " 2d ",
                "PGSTEWARD_A_SIZE",
                "3M",
                "PGSTEWARD_SOME_BYTES",
                "17",
                "PGSTEWARD_A_SHARE",
                "12.5%"));
        assertThat(settings.value(of("pgsteward.a.time", Form.TIME))).hasMinutes(90);
        assertThat(settings.value(of("pgsteward.a.day", Form.TIME))).hasDays(2);
        assertThat(settings.value(of("pgsteward.a.size", Form.SIZE))).isEqualTo(3L << 20);
        assertThat(settings.value(of("pgsteward.some.bytes", Form.SIZE))).isEqualTo(17);
        assertThat(settings.value(of("pgsteward.a.share", Form.SHARE))).isEqualTo(0.125);
    }

    @Test
    void oneThatCannotBeReadIsNamedWithItsValue() throws IOException {
        Settings settings = Settings.from(Map.of("PGSTEWARD_A_VALUE", "-1"));
        assertThatIllegalArgumentException()
                .isThrownBy(() -> settings.value(of("pgsteward.a.value", Form.TIME)))
                .withMessage("pgsteward.a.value is '-1', not a time such as 90m, 6h or 2d");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> settings.value(of("pgsteward.a.value", Form.SIZE)))
                .withMessage("pgsteward.a.value is '-1', not a size such as 500k, 1m or 2g");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> settings.value(of("pgsteward.a.value", Form.SHARE)))
                .withMessage("pgsteward.a.value is '-1', not a share such as 50%");
    }

    @Test
    void listOfSecretsHasEverySecretAndNothingElse() throws IOException {
        Settings settings = Settings.from(Map.of(
                "PGSTEWARD_POSTGRES_PASSWORD", "the-password",
                "PGSTEWARD_WEBHOOK_URL", "https://hook.example/the-token",
                "PGSTEWARD_NTFY_TOKEN", "the-ntfy-token",
                "PGSTEWARD_BACKUP_IDENTITY", "AGE-SECRET-KEY-1",
                "PGSTEWARD_BACKUP_RECIPIENTS", "age1public",
                "PGSTEWARD_POSTGRES_USER", "somebody"));
        assertThat(settings.secrets())
                .containsExactlyInAnyOrder(
                        "the-password", "https://hook.example/the-token", "the-ntfy-token", "AGE-SECRET-KEY-1");
    }

    @Test
    void overridesPrecedeAllAndLeaveTheOriginalUnchanged() throws IOException {
        Settings before = Settings.from(Map.of("PGSTEWARD_BACKUP_DIR", "/store"));
        Settings after = before.with(Map.of("pgsteward.backup.dir", "/elsewhere"));
        assertThat(after.get("pgsteward.backup.dir")).contains("/elsewhere");
        assertThat(before.get("pgsteward.backup.dir")).contains("/store");
    }

    private static <T> Setting<T> of(String name, Form<T> form) {
        return new Section("", "").optional(name, form, "none", "");
    }

    private static String unescaped(String text) {
        return text.replace("\\n", "\n").replace("\\r", "\r");
    }
}
