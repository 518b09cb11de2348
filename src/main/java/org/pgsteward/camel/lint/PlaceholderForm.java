package org.pgsteward.camel.lint;

import java.text.ParseException;
import java.util.Optional;
import java.util.regex.Pattern;
import org.quartz.CronExpression;

/** Form of a placeholder's default. An operator's value has to have the same form. */
enum PlaceholderForm {
    TIME("time"),
    PORT("port"),
    NUMBER("number"),
    TRUTH("`true` or `false`"),
    CRON("Quartz cron"),
    TEXT("text");

    private static final Pattern WRITTEN_TIME = Pattern.compile("\\d{1,9}[smhd]");
    private static final Pattern WRITTEN_NUMBER = Pattern.compile("\\d{1,9}");
    private static final Pattern WRITTEN_TRUTH = Pattern.compile("true|false", Pattern.CASE_INSENSITIVE);
    private static final Pattern WRITTEN_CRON = Pattern.compile("\\S+( \\S+){5,6}");

    private final String words;

    PlaceholderForm(String words) {
        this.words = words;
    }

    String words() {
        return words;
    }

    /** @param usual the default */
    static PlaceholderForm of(String key, String usual) {
        if (WRITTEN_TIME.matcher(usual).matches()) {
            return TIME;
        }
        if (WRITTEN_NUMBER.matcher(usual).matches()) {
            return key.endsWith(".port") ? PORT : NUMBER;
        }
        if (WRITTEN_TRUTH.matcher(usual).matches()) {
            return TRUTH;
        }
        return WRITTEN_CRON.matcher(usual).matches() ? CRON : TEXT;
    }

    /** Returns the rest of a sentence that begins with the setting's name, if a value does not have this form. */
    Optional<String> fault(String value, String usual) {
        return switch (this) {
            // Accepts all times of a Camel timer. A bean of pgsteward accepts fewer forms, and reports that itself.
            case TIME ->
                unless(
                        OptionRule.TIME.matcher(value).matches() && !value.startsWith("-"),
                        value,
                        "a time such as " + usual);
            case NUMBER -> unless(WRITTEN_NUMBER.matcher(value).matches(), value, "a whole number such as " + usual);
            case PORT -> unless(isPort(value), value, "a port such as " + usual);
            case TRUTH -> unless(WRITTEN_TRUTH.matcher(value).matches(), value, "true or false");
            case CRON -> cron(value, usual);
            case TEXT -> Optional.empty();
        };
    }

    private static boolean isPort(String value) {
        return WRITTEN_NUMBER.matcher(value).matches()
                && Integer.parseInt(value) > 0
                && Integer.parseInt(value) < 65_536;
    }

    private static Optional<String> cron(String value, String usual) {
        try {
            CronExpression.validateExpression(value);
            return Optional.empty();
        } catch (ParseException | IllegalArgumentException e) {
            return Optional.of("is '" + value + "', not a Quartz cron: " + Texts.oneLine(e.getMessage())
                    + "; write six fields: second minute hour day-of-month month day-of-week, such as " + usual);
        }
    }

    private static Optional<String> unless(boolean fits, String value, String kind) {
        return fits ? Optional.empty() : Optional.of("is '" + value + "', not " + kind);
    }
}
