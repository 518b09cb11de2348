package org.pgsteward.camel.lint;

import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.pgsteward.config.AllSettings;

/**
 * The settings that route files name, as {@code {{pgsteward.mail.port:587}}}. A previous name of a setting stands for
 * the present one.
 */
public final class Placeholders {
    private static final Pattern NAMED = Pattern.compile("\\{\\{\\??(pgsteward\\.[a-z0-9.-]+)(?::([^{}]*))?}}");

    /** Keys of levels. Levels have a form of their own, which the bean that reads them checks. */
    private static final Pattern LEVEL = Pattern.compile(".*\\.(warn|critical|clear)");

    private final RouteFiles files;
    private final SortedMap<String, SortedSet<String>> defaults = new TreeMap<>();

    private Placeholders(RouteFiles files) {
        this.files = files;
        files.texts().values().forEach(text -> {
            Matcher named = NAMED.matcher(text);
            while (named.find()) {
                Set<String> known =
                        defaults.computeIfAbsent(AllSettings.currentName(named.group(1)), key -> new TreeSet<>());
                Optional.ofNullable(named.group(2)).ifPresent(known::add);
            }
        });
    }

    public static Placeholders of(RouteFiles files) {
        return new Placeholders(files);
    }

    public Set<String> keys() {
        return defaults.keySet();
    }

    /** Returns the default of a placeholder; empty if no file has one. */
    public Optional<String> usual(String key) {
        return defaults.getOrDefault(key, new TreeSet<>()).stream().findFirst();
    }

    /** Returns the form of the default, in a word or two. A placeholder without a default is a text. */
    public String form(String key) {
        return usual(key)
                .map(text -> PlaceholderForm.of(key, text))
                .orElse(PlaceholderForm.TEXT)
                .words();
    }

    /**
     * Returns the fault of a value whose form differs from the default's. Without a default, each value passes.
     *
     * @return the rest of a sentence that begins with the setting's name
     */
    public Optional<String> fault(String key, String value) {
        return defaults.getOrDefault(key, new TreeSet<>()).stream()
                .filter(text -> !LEVEL.matcher(key).matches())
                .flatMap(text -> PlaceholderForm.of(key, text).fault(value.strip(), text).stream())
                .findFirst();
    }

    /** Returns the problems, each with the variable that causes it if there is one. */
    List<Problem> blamed(Collection<Problem> problems, Map<String, String> settings) {
        List<Problem> blamed = new ArrayList<>();
        for (Problem problem : problems) {
            blamed.add(variable(problem, settings)
                    .map(variable -> new Problem(
                            problem.file(), problem.line(), problem.what() + " (by " + variable + ")", problem.next()))
                    .orElse(problem));
        }
        return List.copyOf(blamed);
    }

    private Optional<String> variable(Problem problem, Map<String, String> settings) {
        Matcher named = NAMED.matcher(files.texts()
                .getOrDefault(problem.file(), "")
                .lines()
                .skip(Math.max(0, problem.line() - 1))
                .findFirst()
                .filter(line -> problem.line() > 0)
                .orElse(""));
        while (named.find()) {
            String value = settings.getOrDefault(named.group(1), "").strip();
            if (!value.isEmpty() && Texts.contains(problem.what(), value)) {
                return Optional.of(variable(AllSettings.currentName(named.group(1))));
            }
        }
        return Optional.empty();
    }

    /** Returns the variable of a setting. */
    static String variable(String key) {
        return key.toUpperCase(Locale.ROOT).replace('.', '_');
    }
}
