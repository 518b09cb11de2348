package org.pgsteward.app;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.pgsteward.config.Settings;

/**
 * The reference names what there is, and nothing else. Metrics and columns are compared where they are real: in
 * {@code MetricsIT} and {@code TablesIT}.
 */
class ReferenceTest {
    private static final String KEY = "(pgsteward\\.[a-z][a-z.-]*[a-z])";
    private static final Pattern PLACEHOLDER = Pattern.compile("\\{\\{\\??" + KEY + "(?::([^{}]*))?}}");
    private static final Pattern ASKED =
            Pattern.compile("\\.(?:get|require|secret|path|number|duration|bytes|share|words)\\(\\s*\"" + KEY + "\"");
    private static final Pattern LABEL = Pattern.compile("(?:LABEL = |\\blabel\\((?:\\w+,\\s*)?)\"" + KEY + "\"");
    private static final Pattern LITERAL = Pattern.compile("\"" + KEY + "\"");
    private static final Pattern PATH = Pattern.compile("\"(/[a-z/]*)\",\\s*\\(\\) ->");

    private static final String WORD = "\"([a-z]+(?:-[a-z]+)*)\"";
    private static final Pattern RULES_KIND = Pattern.compile("super\\(\\s*" + WORD + ",\\s*Unit\\.");
    private static final String BEFORE_KIND =
            "\\b(?:bad\\([^\";,]*,|well\\(|raise\\(|tell\\(|inform\\(|new Condition\\()\\s*";
    private static final Pattern TOLD_KIND = Pattern.compile(BEFORE_KIND + WORD + ",");
    private static final Pattern NAMED_KIND = Pattern.compile(BEFORE_KIND + "(?:\\w+\\.)?([A-Z][A-Z_]+),");

    private static final Pattern OF_COMPOSE = Pattern.compile("\\$\\{([A-Z_]+):-([^}]*)}");
    private static final Pattern VARIABLE = Pattern.compile("\\bPGSTEWARD_[A-Z_]*[A-Z]\\b");

    /** What the launcher reads, and what stands for any. */
    private static final Set<String> NO_SETTINGS =
            Set.of("PGSTEWARD_JAVA_OPTIONS", "PGSTEWARD_X_Y", "PGSTEWARD_MY_TOKEN");

    @Test
    void everySettingIsThereWithItsDefaultAndNoOther() throws IOException {
        Map<String, String> documented = new TreeMap<>();
        Reference.rows("Settings").forEach((variable, cells) -> documented.put(variable, said(cells.get(0))));

        Map<String, String> real = settings();
        assertThat(without(real, documented))
                .as("settings that %s lacks, or has with another default", Reference.FILE)
                .isEmpty();
        assertThat(without(documented, real))
                .as("settings that only %s has, or with another default", Reference.FILE)
                .isEmpty();
    }

    @Test
    void everySettingSaysWhatItIsOrIsTheOtherLevelOfOneThatDoes() throws IOException {
        assertThat(Reference.rows("Settings")).allSatisfy((variable, cells) -> {
            if (cells.size() < 2 || cells.get(1).isEmpty()) {
                assertThat(variable).matches(".*_(CRITICAL|LASTING|CLEAR|SERVICES|WARNING|WINDOW)");
            }
        });
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
        known.addAll(NO_SETTINGS);
        for (Path file : files(Path.of("src/docs"), ".md", Path.of("README.md"), Path.of("compose.yaml"))) {
            Set<String> named = all(VARIABLE, Files.readString(file)).stream()
                    .map(name -> known.contains(name) ? name : name.replaceFirst("_FILE$", ""))
                    .collect(Collectors.toCollection(TreeSet::new));
            named.removeAll(known);
            assertThat(named).as("variables that only %s knows", file).isEmpty();
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
                .filter(found -> !found.group(1).matches("PGSTEWARD_.*|COMPOSE_PROJECT_NAME"))
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
            kinds.addAll(all(TOLD_KIND, source));
            names.addAll(all(NAMED_KIND, source));
        }
        names.addAll(List.of("KIND", "DOWN"));
        for (String name : names) {
            kinds.addAll(all(Pattern.compile("\\bString " + name + " = " + WORD), sources.toString()));
        }
        assertThat(Reference.rows("Alerts").keySet()).containsExactlyInAnyOrderElementsOf(kinds);
    }

    @Test
    void everyPathIsThereAndNoOther() throws IOException {
        Set<String> paths = all(PATH, Files.readString(Path.of("src/main/java/org/pgsteward/web/HttpServer.java")));
        assertThat(Reference.rows("HTTP").keySet()).containsExactlyInAnyOrderElementsOf(paths);
    }

    private static Set<Map.Entry<String, String>> without(Map<String, String> these, Map<String, String> those) {
        return these.entrySet().stream()
                .filter(entry -> !those.entrySet().contains(entry))
                .collect(Collectors.toSet());
    }

    /** What is set by whoever runs it, by variable; without a default, it is empty. */
    private static Map<String, String> settings() throws IOException {
        Settings shipped = Settings.from(Map.of());
        Settings decided = ReceiverSettings.with(shipped);
        Map<String, String> settings = new TreeMap<>();
        for (Path file : java()) {
            all(ASKED, Files.readString(file)).forEach(key -> settings.put(variable(key), ""));
        }
        placeholders()
                .filter(found -> !(found.group(1).endsWith(".enabled")
                        && decided.get(found.group(1)).isPresent()))
                .forEach(found -> settings.put(variable(found.group(1)), found.group(2) == null ? "" : found.group(2)));
        shipped.forRoutes().forEach((key, value) -> settings.put(variable(key), value));
        return settings;
    }

    private static Stream<MatchResult> placeholders() throws IOException {
        Stream.Builder<MatchResult> found = Stream.builder();
        for (Path file : files(Path.of("routes"), ".yaml")) {
            PLACEHOLDER.matcher(Files.readString(file)).results().forEach(found);
        }
        return found.build();
    }

    private static String variable(String key) {
        return key.toUpperCase(Locale.ROOT).replace('.', '_');
    }

    /** A default is set as code; what says in words where a value comes from is none. */
    private static String said(String cell) {
        return cell.startsWith("`") && cell.indexOf('`', 1) == cell.length() - 1
                ? cell.substring(1, cell.length() - 1)
                : "";
    }

    private static List<Path> java() throws IOException {
        return files(Path.of("src/main/java"), ".java");
    }

    private static List<Path> files(Path folder, String ending, Path... more) throws IOException {
        try (Stream<Path> files = Files.walk(folder)) {
            return Stream.concat(
                            files.filter(file -> file.toString().endsWith(ending))
                                    .sorted(),
                            Stream.of(more))
                    .toList();
        }
    }

    private static Set<String> all(Pattern pattern, String text) {
        return pattern.matcher(text)
                .results()
                .map(found -> found.group(found.groupCount()))
                .collect(Collectors.toSet());
    }
}
