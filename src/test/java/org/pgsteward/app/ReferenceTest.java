package org.pgsteward.app;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.MatchResult;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.pgsteward.backup.BackupReport;
import org.pgsteward.camel.docker.FeedHealth;
import org.pgsteward.camel.lint.OldNames;
import org.pgsteward.cli.Handbook;
import org.pgsteward.config.AllSettings;
import org.pgsteward.config.ReceiverSettings;
import org.pgsteward.config.Setting;
import org.pgsteward.config.Settings;
import org.pgsteward.journal.Tables;
import org.pgsteward.model.AlertFigures;
import org.pgsteward.model.AlertKinds;
import org.pgsteward.monitor.OldLevels;

/**
 * The reference names everything that exists, and nothing else. Columns and metrics are compared with the sources here,
 * and where they are real in {@code TablesIT} and {@code MetricsIT}.
 */
@Tag("fast")
class ReferenceTest {
    private static final String KEY = "(pgsteward\\.[a-z][a-z.-]*[a-z])";
    private static final Pattern PLACEHOLDER = Pattern.compile("\\{\\{\\??" + KEY + "(?::([^{}]*))?}}");
    private static final Pattern GENERATED =
            Pattern.compile("(?s)<!-- settings: [^>]*-->\\n(.*?)<!-- end of settings -->");
    private static final Pattern LABEL = Pattern.compile("(?:LABEL = |\\blabel\\((?:\\w+,\\s*)?)\"" + KEY + "\"");
    private static final Pattern LITERAL = Pattern.compile("\"" + KEY + "\"");
    private static final Pattern FOLDER = Pattern.compile("String [A-Z]+ = \"(/[a-z]+/)\";");
    private static final Pattern PATH = Pattern.compile("\"(/[a-z/]*)\",\\s*\\(\\) ->");

    private static final String WORD = "\"([a-z]+(?:-[a-z]+)*)\"";
    private static final Pattern RULES_KIND = Pattern.compile("super\\(\\s*" + WORD + ",\\s*Unit\\.");
    private static final String BEFORE_KIND =
            "\\b(?:bad\\([^\";,]*,|well\\(|raise\\(|tell\\(|inform\\(|new Condition\\()\\s*";
    private static final Pattern REPORTED_KIND = Pattern.compile(BEFORE_KIND + WORD + ",");
    private static final Pattern NAMED_KIND = Pattern.compile(BEFORE_KIND + "(?:\\w+\\.)?([A-Z][A-Z_]+),");

    private static final Pattern NEW_TABLE =
            Pattern.compile("(?s)CREATE TABLE IF NOT EXISTS (?:public\\.)?(\\w+) \\((.*?)\\n\\)");
    private static final Pattern NEW_COLUMN = Pattern.compile("(?m)^    ([a-z_]+) ");
    private static final Pattern CHANGED_TABLE = Pattern.compile("(?s)ALTER TABLE (?:public\\.)?(\\w+)\\s(.*?);");
    private static final Pattern ADDED_COLUMN = Pattern.compile("ADD COLUMN IF NOT EXISTS (\\w+)");

    private static final Pattern GAUGE = Pattern.compile("\"([a-z]+(?:\\.[a-z]+)+)\",\\s*\"");
    private static final Pattern COUNTER = Pattern.compile("Counter\\.builder\\(\"([a-z.]+)\"");
    private static final Pattern ROUTE_COUNTER = Pattern.compile("micrometer:counter:([a-z.]+)");

    private static final Pattern OF_COMPOSE = Pattern.compile("\\$\\{([A-Z_]+):-([^}]*)}");
    private static final Pattern VARIABLE = Pattern.compile("\\bPGSTEWARD_[A-Z_]*[A-Z]\\b");

    /** A variable that only the launcher reads, and placeholders for any variable. */
    private static final Set<String> NO_SETTINGS = Set.of(
            "PGSTEWARD_COPY_USB_KEEP",
            "PGSTEWARD_COPY_CLOUD_REMOTE",
            "PGSTEWARD_JAVA_OPTIONS",
            "PGSTEWARD_IMAGE",
            "PGSTEWARD_X_Y",
            "PGSTEWARD_MY_TOKEN",
            "PGSTEWARD_MY_VALUE");

    /** Names that look like a setting but are none. */
    private static final Set<String> NO_SETTING_KEYS = Set.of(
            "pgsteward.home", "pgsteward.java.options", "pgsteward.image", "pgsteward.docker.events", "pgsteward.list");

    /** Labels with the name of a setting. */
    private static final Set<String> ALSO_LABELS = Set.of("pgsteward.backup.schedule", "pgsteward.backup.keep");

    /**
     * Compares the tables of settings with the code. With {@code -Dreference=write} it writes the tables into the page
     * instead.
     */
    @Test
    void eachReceiverHasARowInThePageAboutAlerts() throws IOException {
        String page = Files.readString(Path.of("src/docs/alerts.md"));
        assertThat(AllSettings.all())
                .filteredOn(setting -> setting.is(Setting.Trait.SWITCH)
                        && !setting.name().equals("pgsteward.backup.ping.url")
                        && !setting.name().startsWith("pgsteward.copy."))
                .hasSizeGreaterThan(8)
                .allSatisfy(setting -> assertThat(page).contains("`" + setting.variable()));
    }

    @Test
    void theTablesOfSettingsAreThoseOfTheCode() throws IOException {
        String page = Files.readString(Reference.FILE);
        Matcher tables = GENERATED.matcher(page);
        assertThat(tables.find())
                .as("the markers of the settings in %s", Reference.FILE)
                .isTrue();
        String generated = new SettingsTables().text();
        if ("write".equals(System.getProperty("reference"))) {
            Files.writeString(
                    Reference.FILE, page.substring(0, tables.start(1)) + generated + page.substring(tables.end(1)));
            return;
        }
        assertThat(tables.group(1).lines())
                .as(
                        "%s differs from the code; run: mvn -q -B test -Dtest=ReferenceTest -Dreference=write",
                        Reference.FILE)
                .containsExactlyElementsOf(generated.lines().toList());
    }

    @Test
    void everySettingHasADescription() {
        assertThat(AllSettings.all())
                .allSatisfy(setting -> assertThat(setting.description())
                        .as(setting.name())
                        .matches("(?s)[A-Z].*\\.")
                        .doesNotContain("|"));
    }

    @Test
    void everyPlaceholderIsASettingAndHasOneDefault() throws IOException {
        Map<String, Boolean> withDefault = new TreeMap<>();
        placeholders().forEach(found -> withDefault.put(found.group(1), found.group(2) != null));
        Set<String> derived = ReceiverSettings.with(Settings.from(Map.of())).forRoutes().keySet().stream()
                .filter(key -> key.endsWith(".enabled"))
                .collect(Collectors.toSet());
        Map<String, Setting<?>> listed = new TreeMap<>();
        AllSettings.all().forEach(setting -> listed.put(setting.name(), setting));
        assertThat(withDefault.keySet())
                .filteredOn(key -> !derived.contains(key))
                .as("placeholders of routes without a setting in org.pgsteward.config")
                .allSatisfy(key -> assertThat(listed).containsKey(key));
        assertThat(listed).allSatisfy((key, setting) -> {
            if (setting.is(Setting.Trait.IN_ROUTES)) {
                assertThat(withDefault).as("placeholders of the shipped routes").containsKey(key);
            } else {
                assertThat(withDefault.getOrDefault(key, false))
                        .as("%s has a default in the code and another in a route", key)
                        .isFalse();
            }
        });
    }

    @Test
    void theSourcesNameNoSettingThatIsNone() throws IOException {
        Set<String> known = new TreeSet<>(NO_SETTING_KEYS);
        AllSettings.all().forEach(setting -> known.add(setting.name()));
        known.addAll(AllSettings.oldNames().keySet());
        known.addAll(Reference.rows("Labels").keySet());
        Reference.rows("Metrics")
                .keySet()
                .forEach(metric -> known.add(metric.replaceFirst("_total$", "").replace('_', '.')));
        NO_SETTINGS.forEach(
                variable -> known.add(variable.toLowerCase(Locale.ROOT).replace('_', '.')));
        for (Path file : java()) {
            assertThat(all(LITERAL, Files.readString(file)))
                    .as("settings that occur only in %s", file)
                    .allSatisfy(key -> assertThat(
                                    known.contains(key) || OldLevels.of(key).isPresent())
                            .as(key)
                            .isTrue());
            assertThat(all(VARIABLE, Files.readString(file)))
                    .as("variables that occur only in %s", file)
                    .allSatisfy(variable -> assertThat(known.stream()
                                    .map(ReferenceTest::variable)
                                    .anyMatch(name -> variable.equals(name) || variable.equals(name + "_FILE")))
                            .as(variable)
                            .isTrue());
        }
    }

    /** Only config classes read settings. A capability below them names its setting in messages, but never reads it. */
    @Test
    void aSettingIsReadByTheConstantOfItsConfig() throws IOException {
        Set<String> names = new TreeSet<>();
        AllSettings.all().stream()
                .filter(setting -> !setting.is(Setting.Trait.IN_ROUTES))
                .filter(setting -> !ALSO_LABELS.contains(setting.name()))
                .forEach(setting -> names.add(setting.name()));
        for (Path file : java()) {
            if (file.toString().matches(".*/pgsteward/(app|camel|cli|web)/.*")) {
                Set<String> literals = all(LITERAL, Files.readString(file));
                literals.retainAll(names);
                assertThat(literals).as("names of settings in %s", file).isEmpty();
            }
        }
    }

    @Test
    void aSettingHasTheSameDefaultWhereverARouteNamesIt() throws IOException {
        Map<String, Set<String>> defaults = new TreeMap<>();
        placeholders()
                .forEach(found -> defaults.computeIfAbsent(found.group(1), key -> new TreeSet<>())
                        .add(String.valueOf(found.group(2))));
        assertThat(defaults)
                .hasSizeGreaterThan(80)
                .allSatisfy((key, values) -> assertThat(values).as(key).hasSize(1));
    }

    @Test
    void theDocumentsNameNoVariableThatIsNone() throws IOException {
        Set<String> known = new TreeSet<>(Reference.rows("Settings").keySet());
        AllSettings.oldNames().keySet().forEach(old -> known.add(variable(old)));
        known.addAll(NO_SETTINGS);
        for (Path file : Stream.concat(Handbook.files().stream(), Stream.of(Path.of("compose.yaml")))
                .toList()) {
            Set<String> named = all(VARIABLE, Files.readString(file)).stream()
                    .map(name -> known.contains(name) ? name : name.replaceFirst("_FILE$", ""))
                    .collect(Collectors.toCollection(TreeSet::new));
            named.removeAll(known);
            named.removeIf(name -> OldLevels.of(name.toLowerCase(Locale.ROOT).replace('_', '.'))
                    .isPresent());
            assertThat(named).as("variables that occur only in %s", file).isEmpty();
        }
    }

    @Test
    void everyVariableOfComposeIsThereWithItsDefaultAndNoOther() throws IOException {
        Map<String, String> documented = new TreeMap<>();
        Reference.rows("Compose").forEach((variable, cells) -> documented.put(variable, said(cells.get(0))));
        Map<String, String> real = new TreeMap<>();
        OF_COMPOSE
                .matcher(Files.readString(Path.of("compose.yaml")))
                .results()
                .filter(found -> !found.group(1).matches("PGSTEWARD_(?!IMAGE).*|COMPOSE_PROJECT_NAME"))
                .forEach(found -> real.put(found.group(1), found.group(2)));
        assertThat(documented).isEqualTo(real);
    }

    @Test
    void everyLabelIsThereAndNoOther() throws IOException {
        Set<String> labels = new TreeSet<>();
        for (Path file : java()) {
            String source = Files.readString(file);
            labels.addAll(all(LABEL, source));
            if (file.toString().contains("/provision/")) {
                labels.addAll(all(LITERAL, source));
            }
        }
        assertThat(Reference.rows("Labels").keySet()).containsExactlyInAnyOrderElementsOf(labels);
    }

    @Test
    void everyKindOfAlertIsThereAndNoOther() throws IOException {
        Set<String> kinds = new TreeSet<>();
        Set<String> names = new TreeSet<>();
        StringBuilder sources = new StringBuilder();
        for (Path file : java()) {
            String source = Files.readString(file);
            sources.append(source);
            kinds.addAll(all(RULES_KIND, source));
            kinds.addAll(all(REPORTED_KIND, source));
            names.addAll(all(NAMED_KIND, source));
        }
        names.addAll(List.of("KIND", "DOWN", "MEMORY_HIGH"));
        for (String name : names) {
            kinds.addAll(all(Pattern.compile("\\bString " + name + " = " + WORD), sources.toString()));
        }
        assertThat(Reference.rows("Alerts").keySet()).containsExactlyInAnyOrderElementsOf(kinds);
        assertThat(AlertKinds.ALL).containsExactlyInAnyOrderElementsOf(kinds);
    }

    /** {@code TablesIT} compares the same with the tables of a real database. */
    @Test
    void everyColumnOfTheMigrationsIsThereInItsOrder() throws IOException {
        Map<String, List<String>> columns = new TreeMap<>();
        for (Path file : migrations()) {
            String script = Files.readString(file).replaceAll("--[^\\n]*", "");
            NEW_TABLE
                    .matcher(script)
                    .results()
                    .forEach(table -> columns.computeIfAbsent(table.group(1), name -> new ArrayList<>())
                            .addAll(inOrder(NEW_COLUMN, table.group(2))));
            CHANGED_TABLE
                    .matcher(script)
                    .results()
                    .forEach(table -> columns.computeIfAbsent(table.group(1), name -> new ArrayList<>())
                            .addAll(inOrder(ADDED_COLUMN, table.group(2))));
        }
        Map<String, List<String>> documented = new TreeMap<>();
        Reference.rows("Tables").forEach((table, cells) -> documented.put(table, Reference.codes(cells.get(0))));
        documented.remove("service_status");
        assertThat(documented).isEqualTo(columns);
    }

    /** {@code MetricsIT} compares the same with the metrics of a running daemon. */
    @Test
    void everyMetricIsThereAndNoOther() throws IOException {
        Set<String> metrics = new TreeSet<>();
        inOrder(GAUGE, Files.readString(Path.of("src/main/java/org/pgsteward/web/Metrics.java")))
                .forEach(name -> metrics.add("pgsteward." + name));
        for (Path file : java()) {
            all(COUNTER, Files.readString(file)).forEach(name -> metrics.add(name + ".total"));
        }
        for (Path file : files(Path.of("routes"), ".yaml")) {
            all(ROUTE_COUNTER, Files.readString(file)).forEach(name -> metrics.add(name + ".total"));
        }
        assertThat(Reference.rows("Metrics").keySet())
                .filteredOn(name -> !name.startsWith("camel_"))
                .containsExactlyInAnyOrderElementsOf(
                        metrics.stream().map(name -> name.replace('.', '_')).toList());
    }

    @Test
    void oldNamesAreListedWithTheirSuccessors() throws IOException {
        Map<String, String> old = new TreeMap<>();
        AllSettings.oldNames().forEach((name, setting) -> old.put(name, setting.name()));
        old.putAll(AlertKinds.RENAMED);
        old.putAll(AlertFigures.RENAMED);
        old.putAll(FeedHealth.RENAMED);
        old.putAll(Tables.RENAMED);
        old.putAll(BackupReport.RENAMED);
        old.putAll(OldNames.TYPES);
        old.putAll(OldNames.BEANS);
        old.putAll(OldNames.METHODS);
        old.putAll(OldNames.IN_FILES);
        Map<String, String> documented = new TreeMap<>();
        Reference.rows("Old names")
                .forEach((name, cells) ->
                        documented.put(name, Reference.codes(cells.get(0)).get(0)));
        assertThat(documented).isEqualTo(old);
    }

    @Test
    void everyPathIsThereAndNoOther() throws IOException {
        String server = Files.readString(Path.of("src/main/java/org/pgsteward/web/HttpServer.java"));
        Set<String> paths = all(PATH, server);
        all(FOLDER, server).forEach(folder -> paths.add(folder + "NAME"));
        assertThat(paths).contains("/services/NAME");
        assertThat(Reference.rows("HTTP").keySet()).containsExactlyInAnyOrderElementsOf(paths);
    }

    private static String variable(String key) {
        return key.toUpperCase(Locale.ROOT).replace('.', '_');
    }

    private static Stream<MatchResult> placeholders() throws IOException {
        Stream.Builder<MatchResult> found = Stream.builder();
        for (Path file : files(Path.of("routes"), ".yaml")) {
            PLACEHOLDER.matcher(Files.readString(file)).results().forEach(found);
        }
        return found.build();
    }

    /**
     * Returns the default, which the page prints as code. Returns an empty text if the cell describes the source of the
     * value in words.
     */
    private static String said(String cell) {
        return cell.startsWith("`") && cell.indexOf('`', 1) == cell.length() - 1
                ? cell.substring(1, cell.length() - 1)
                : "";
    }

    /** Returns the migrations in the order in which they run. */
    private static List<Path> migrations() throws IOException {
        return files(Path.of("src/main/resources/db/migration"), ".sql").stream()
                .filter(file -> file.getFileName().toString().matches("V\\d+__.*"))
                .sorted(Comparator.comparing(
                        file -> Integer.valueOf(file.getFileName().toString().replaceFirst("V(\\d+)__.*", "$1"))))
                .toList();
    }

    private static List<Path> java() throws IOException {
        return files(Path.of("src/main/java"), ".java");
    }

    private static List<Path> files(Path folder, String ending) throws IOException {
        try (Stream<Path> files = Files.walk(folder)) {
            return files.filter(file -> file.toString().endsWith(ending))
                    .sorted()
                    .toList();
        }
    }

    private static List<String> inOrder(Pattern pattern, String text) {
        return pattern.matcher(text).results().map(found -> found.group(1)).toList();
    }

    private static Set<String> all(Pattern pattern, String text) {
        return pattern.matcher(text)
                .results()
                .map(found -> found.group(found.groupCount()))
                .collect(Collectors.toSet());
    }
}
