package org.pgsteward.camel.lint;

import java.text.ParseException;
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
import org.quartz.CronExpression;

/** The settings that route files name, as {@code {{pgsteward.mail.port:587}}}. */
public final class Placeholders {
    private static final Pattern NAMED = Pattern.compile("\\{\\{\\??(pgsteward\\.[a-z0-9.-]+)(?::([^{}]*))?}}");

    private static final Pattern TIME = Pattern.compile("\\d{1,9}[smhd]");
    private static final Pattern NUMBER = Pattern.compile("\\d{1,9}");
    private static final Pattern TRUTH = Pattern.compile("true|false", Pattern.CASE_INSENSITIVE);
    private static final Pattern CRON = Pattern.compile("\\S+( \\S+){5,6}");

    /** A level has words of its own, and the bean that reads it knows them. */
    private static final Pattern LEVEL = Pattern.compile(".*\\.(warn|critical|clear)");

    private final RouteFiles files;
    private final SortedMap<String, SortedSet<String>> defaults = new TreeMap<>();

    private Placeholders(RouteFiles files) {
        this.files = files;
        files.texts().values().forEach(text -> {
            Matcher named = NAMED.matcher(text);
            while (named.find()) {
                Set<String> known = defaults.computeIfAbsent(named.group(1), key -> new TreeSet<>());
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

    /**
     * What is wrong with a value that is given in the place of a default: it has to be of its kind. A value whose kind no
     * default tells passes.
     *
     * @return the rest of a sentence that begins with the setting's name
     */
    public Optional<String> fault(String key, String value) {
        return defaults.getOrDefault(key, new TreeSet<>()).stream()
                .filter(text -> !LEVEL.matcher(key).matches())
                .flatMap(text -> fault(key, value.strip(), text).stream())
                .findFirst();
    }

    private static Optional<String> fault(String key, String value, String text) {
        if (TIME.matcher(text).matches()) {
            // A timer of Camel's takes more than a bean of ours, which says so itself.
            boolean time = OptionRule.TIME.matcher(value).matches() && !value.startsWith("-");
            return unless(time, value, "a time such as " + text);
        }
        if (NUMBER.matcher(text).matches()) {
            boolean port = key.endsWith(".port");
            boolean fits = NUMBER.matcher(value).matches()
                    && (!port || (Integer.parseInt(value) > 0 && Integer.parseInt(value) < 65_536));
            return unless(fits, value, (port ? "a port such as " : "a whole number such as ") + text);
        }
        if (TRUTH.matcher(text).matches()) {
            return unless(TRUTH.matcher(value).matches(), value, "true or false");
        }
        if (CRON.matcher(text).matches()) {
            try {
                CronExpression.validateExpression(value);
            } catch (ParseException | IllegalArgumentException e) {
                return Optional.of("is '" + value + "', which cannot be read: " + Words.oneLine(e.getMessage())
                        + "; Quartz wants second minute hour day-of-month month day-of-week, such as " + text);
            }
        }
        return Optional.empty();
    }

    private static Optional<String> unless(boolean fits, String value, String kind) {
        return fits ? Optional.empty() : Optional.of("is '" + value + "', not " + kind);
    }

    /** The same problems, each with the variable that the value comes from which is its cause. */
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
            if (!value.isEmpty() && Words.contains(problem.what(), value)) {
                return Optional.of(variable(named.group(1)));
            }
        }
        return Optional.empty();
    }

    /** The variable that a setting is given by. */
    static String variable(String key) {
        return key.toUpperCase(Locale.ROOT).replace('.', '_');
    }
}
