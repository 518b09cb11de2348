package org.pgsteward.app;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.pgsteward.camel.lint.OldNames;
import org.pgsteward.camel.lint.RouteFiles;
import org.pgsteward.config.Settings;

/** Values that an operator may write into {@code .env}, and the messages about wrong ones. */
@Tag("fast")
class SettingsCheckTest {
    private RouteFiles shipped;

    @BeforeEach
    void readRoutes() throws IOException {
        shipped = RouteFiles.read(Path.of("routes"));
    }

    @ParameterizedTest
    @CsvSource(
            quoteCharacter = '"',
            value = {
                "PGSTEWARD_HTTP_PORT, 99999, \"is '99999', not a port from 1 to 65535\"",
                "PGSTEWARD_POSTGRES_PORT, x, \"is 'x', not a whole number\"",
                "PGSTEWARD_TIMEZONE, Europe/Berlni, \"is 'Europe/Berlni', which is not a time zone; did you mean 'Europe/Berlin'?\"",
                "PGSTEWARD_TIMEZONE, Mars, \"is 'Mars', which is not a time zone; write it like Europe/Berlin\"",
                "PGSTEWARD_DOCKER_HOST, docker, \"is 'docker'; expected unix:///path or tcp://host:port\"",
                "PGSTEWARD_DOCKER_HOST, tcp://a b, \"is 'tcp://a b'; expected unix:///path or tcp://host:port\"",
                "PGSTEWARD_POSTGRES_BINDIR, /nope, \"is '/nope', which has no pg_dump\"",
                "PGSTEWARD_POSTGRES_DATA_DIR, /nope, \"is '/nope', which is not a folder that pgsteward can see\"",
                "PGSTEWARD_CATALOGUE_FILE, /nope, \"names /nope, which does not exist\"",
                "PGSTEWARD_IDLE_DAYS, soon, \"is 'soon', not a whole number\"",
                "PGSTEWARD_UPDATE_GRACE, 60, \"is '60', not a time such as 90m, 6h or 2d\"",
                "PGSTEWARD_ACTIVITY_KEEP, ever, \"is 'ever', not a time such as 90m, 6h or 2d\"",
                "PGSTEWARD_BACKUP_SCHEDULE, nightly, \": schedule 'nightly' has 1 fields instead of five: minute hour day-of-month month day-of-week\"",
                "PGSTEWARD_BACKUP_BASE_SCHEDULE, 0 0 1 * 1, \": schedule '0 0 1 * 1' names days of the month and days of the week; write * for one of them\"",
                "PGSTEWARD_BACKUP_KEEP, all, \"is 'all': 'all' is not one of last, hourly, daily, weekly, monthly and yearly; write it like last=3,daily=7,weekly=4,monthly=6\"",
                "PGSTEWARD_BACKUP_SHRINK_WARN, half, \"is 'half', not a share such as 50%\"",
                "PGSTEWARD_BACKUP_SHRINK_WARN, 100%, \"is '100%', not above 0% and below 100%\"",
                "PGSTEWARD_BACKUP_STUCK_AFTER, 0s, \"is '0s', not above 0s\"",
                "PGSTEWARD_ALERTS_FAILING_AFTER, 0m, \"is '0m', not above 0s\"",
                "PGSTEWARD_POSTGRES_CONNECT_TIMEOUT, 11m, \"is '11m', not within 1s to 10m\"",
                "PGSTEWARD_POSTGRES_PORT, 0, \"is '0', not a port from 1 to 65535\"",
                "PGSTEWARD_POSTGRES_SSLMODE, always, \"is 'always', not one of disable, allow, prefer, require, verify-ca, verify-full\"",
                "PGSTEWARD_BACKUP_RECIPIENTS, age1x, \"contains 'age1x', which is not a public key of age (age1..., from age-keygen)\"",
                "PGSTEWARD_ALERTS_FALLBACK, emial, \"names 'emial', which is not a receiver; did you mean 'email'?\"",
                "PGSTEWARD_MONITOR_PERIOD, soon, \"is 'soon', not a time such as 30s\"",
                "PGSTEWARD_ALERTS_WAIT, a while, \"is 'a while', not a time such as 10s\"",
                "PGSTEWARD_REVERIFICATION_COUNT, all, \"is 'all', not a whole number such as 1\"",
                "PGSTEWARD_REPROOF_COUNT, all, \"is 'all', not a whole number such as 1\"",
                "PGSTEWARD_MAIL_PORT, 70000, \"is '70000', not a port such as 587\"",
                "PGSTEWARD_MAIL_TLS, sure, \"is 'sure', not true or false\"",
                "PGSTEWARD_REQUESTS_PERIOD, 1s, \"is '1s', not a whole number such as 1000\"",
                "PGSTEWARD_BACKUP_TICK, 0 * * * *, \"is '0 * * * *', not a Quartz cron: Unexpected end of expression.; write six fields: second minute hour day-of-month month day-of-week, such as 0 * * * * ?\"",
                "PGSTEWARD_GOTIFY_URL, https://gotify.lan, \"is not enough: pgsteward.gotify.token is not set: set PGSTEWARD_GOTIFY_TOKEN, or PGSTEWARD_GOTIFY_TOKEN_FILE to the path of a file that contains it\"",
            })
    void aValueThatDoesNotFitIsNamedByItsVariable(String variable, String value, String said) throws IOException {
        assertThat(SettingsCheck.wrong(Settings.from(Map.of(variable, value)), shipped)
                        .values())
                .containsExactly(variable + (said.matches("[ :].*") ? "" : " ") + said);
    }

    @ParameterizedTest
    @CsvSource({
        "PGSTEWARD_BACKUP_SCHEDUEL, PGSTEWARD_BACKUP_SCHEDUEL is not a setting; did you mean 'PGSTEWARD_BACKUP_SCHEDULE'?",
        "PGSTEWARD_MAIL_PASWORD_FILE, PGSTEWARD_MAIL_PASWORD_FILE is not a setting; did you mean 'PGSTEWARD_MAIL_PASSWORD_FILE'?",
        "PGSTEWARD_WIKI, 'PGSTEWARD_WIKI is not a setting, and no route file reads {{pgsteward.wiki}}; remove it'",
    })
    void unknownVariableIsReported(String variable, String said, @TempDir Path folder) throws IOException {
        String value = Files.writeString(folder.resolve("value"), "1").toString();
        assertThat(SettingsCheck.unknown(Settings.from(Map.of(variable, value)), shipped))
                .containsExactly(said);
    }

    @ParameterizedTest
    @ValueSource(strings = {"100ms", "1h30m", "45s", "500"})
    void aTimerTakesATimeHoweverCamelWritesIt(String time) throws IOException {
        assertThat(SettingsCheck.wrong(Settings.from(Map.of("PGSTEWARD_ALERTS_TICK", time)), shipped))
                .isEmpty();
    }

    @ParameterizedTest
    @CsvSource({
        "PGSTEWARD_UPDATE_GRACE, 1h30m",
        "PGSTEWARD_BACKUP_SHRINK_EXEMPT, 1.5 GiB",
        "PGSTEWARD_BACKUP_SHRINK_WARN, 12.5 %",
        "PGSTEWARD_HTTP_PORT, 0",
        "PGSTEWARD_SLACK_URL, https://hooks.example.org/x/",
    })
    void aValueMayBeWrittenAsLevelsAre(String variable, String value) throws IOException {
        assertThat(SettingsCheck.wrong(Settings.from(Map.of(variable, value)), shipped))
                .isEmpty();
    }

    @ParameterizedTest
    @ValueSource(strings = {"PGSTEWARD_REPROOF_COUNT", "PGSTEWARD_REVERIFICATION_COUNT"})
    void previousAndPresentNameAreKnownWhicheverTheRouteHas(String variable) {
        Settings settings = Settings.from(Map.of(variable, "2"));
        TreeMap<String, String> texts = new TreeMap<>(shipped.texts());
        texts.computeIfPresent(
                "retention.camel.yaml",
                (name, text) -> text.replace("pgsteward.reverification.count", "pgsteward.reproof.count"));
        RouteFiles edited = RouteFiles.of(texts);
        assertThat(SettingsCheck.unknown(settings, shipped)).isEmpty();
        assertThat(SettingsCheck.unknown(settings, edited)).isEmpty();
        assertThat(SettingsCheck.wrong(settings, edited)).isEmpty();
        assertThat(OldNames.in(shipped)).isEmpty();
        assertThat(OldNames.in(edited))
                .singleElement()
                .asString()
                .matches("retention\\.camel\\.yaml:\\d+: \\{\\{pgsteward\\.reproof\\.count}} works for this version"
                        + " only; write \\{\\{pgsteward\\.reverification\\.count}}");
    }

    @Test
    void aSettingOfTheOperatorsOwnRouteIsKnown() throws IOException {
        TreeMap<String, String> texts = new TreeMap<>(shipped.texts());
        texts.put("wiki.camel.yaml", "- route: {id: wiki, from: {uri: 'timer:{{pgsteward.wiki}}', steps: []}}\n");
        Settings settings = Settings.from(Map.of("PGSTEWARD_WIKI", "1", "PGSTEWARD_JAVA_OPTIONS", "-Xmx1g"));
        assertThat(SettingsCheck.unknown(settings, RouteFiles.of(texts))).isEmpty();
    }

    @Test
    void everySettingOfTheReferenceIsKnownAndItsDefaultFits() throws IOException {
        Map<String, String> environment = new TreeMap<>();
        Reference.rows("Settings").forEach((variable, cells) -> {
            String value = cells.get(0).matches("`[^`]+`") ? cells.get(0).replace("`", "") : "";
            environment.put(variable, value);
        });
        Settings defaults = Settings.from(environment);
        assertThat(SettingsCheck.wrong(defaults, shipped)).isEmpty();

        environment.replaceAll((variable, value) -> value.isEmpty() ? "1" : value);
        environment.remove("PGSTEWARD_CATALOGUE_FILE");
        assertThat(SettingsCheck.unknown(Settings.from(environment), shipped)).isEmpty();
    }

    @Test
    void allFaultsAreFoundAtOnceAndAStartNamesTheFirst() throws IOException {
        Settings settings = Settings.from(
                Map.of("PGSTEWARD_HTTP_PORT", "x", "PGSTEWARD_TIMEZONE", "Mars", "PGSTEWARD_MAIL_PORT", "y"));
        assertThat(SettingsCheck.wrong(settings, shipped))
                .containsOnlyKeys("pgsteward.http.port", "pgsteward.timezone", "pgsteward.mail.port");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> SettingsCheck.require(settings))
                .withMessage("PGSTEWARD_HTTP_PORT is 'x', not a whole number (and 1 more; see: pgsteward check)");
    }

    @Test
    void messagesContainNoSecret() throws IOException {
        Settings settings = Settings.from(Map.of(
                "PGSTEWARD_SLACK_URL", "hooks.slack.com/T0/secret",
                "PGSTEWARD_BACKUP_IDENTITY", "AGE-SECRET-KEY-1NONE",
                "PGSTEWARD_WEBHOOK_SECRET", "whsec_short"));
        assertThat(SettingsCheck.wrong(settings, shipped).values())
                .hasSize(3)
                .allSatisfy(line -> assertThat(line)
                        .startsWith("PGSTEWARD_")
                        .doesNotContain("T0")
                        .doesNotContain("1NONE")
                        .doesNotContain("whsec_short"));
    }

    @Test
    void anOldLevelThatCannotBeReadIsBlamedOnItsVariable(@TempDir Path folder) throws IOException {
        Settings settings = Settings.from(Map.of(
                "PGSTEWARD_WATCH_DISK_WARN", "lots",
                "PGSTEWARD_POSTGRES_PASSWORD", "none",
                "PGSTEWARD_STATE_DIR", folder.toString()));
        assertThat(Wiring.to(AccessMode.CHECK, settings).routeCheck().problems(shipped))
                .singleElement()
                .asString()
                .startsWith("thresholds.yaml: disk: ")
                .endsWith("warn is 'lots': write a share such as 80%, or off (set by PGSTEWARD_WATCH_DISK_WARN)");
    }
}
