package org.pgsteward.backup.store;

import java.io.IOException;
import java.time.Instant;
import java.util.Collection;
import java.util.Map;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.pgsteward.backup.underway.ServiceFolder;

/**
 * Checks the values of a document in the store. Each message names the field; each check throws an IOException. Pure.
 *
 * <p>A time in the future is not an error: the clock of a new host may be behind during a full restore. The limits keep
 * every difference of two times within the range of a {@code long} of nanoseconds.
 */
final class Fields {
    /** The largest number of characters of a name or another short text. Names in PostgreSQL have up to 63 bytes. */
    static final int LONGEST = 255;

    /** A name as {@link ServiceFolder#name} writes it, followed by the time and an ending. */
    static final Pattern FILE = Pattern.compile("[A-Za-z0-9_%~-][A-Za-z0-9_.%~-]{0,254}");

    private static final Instant EARLIEST = Instant.parse("2000-01-01T00:00:00Z");
    private static final Instant LATEST = Instant.parse("2100-01-01T00:00:00Z");

    private Fields() {}

    static void names(String field, @Nullable Map<String, String> names) throws IOException {
        Map<String, String> present = present(field, names);
        names(field, present.keySet());
        names(field, present.values());
    }

    static void names(String field, @Nullable Collection<String> names) throws IOException {
        for (String name : present(field, names)) {
            name(field, name);
        }
    }

    static void texts(String field, Collection<String> texts) throws IOException {
        for (String text : texts) {
            text(field, text, LONGEST);
        }
    }

    /** Checks a name. In PostgreSQL it may contain any character except NUL. */
    static void name(String field, @Nullable String name) throws IOException {
        require(field, name, name != null && !name.isEmpty() && name.length() <= LONGEST && hasNoZero(name));
    }

    static void text(String field, @Nullable String text, int longest) throws IOException {
        require(
                field,
                text,
                text != null && text.length() <= longest && text.chars().noneMatch(Character::isISOControl));
    }

    /** Checks a text for operators, which may have several lines. */
    static void longText(String field, String text) throws IOException {
        require(field, text, text.length() <= StoreJson.LONGEST_TEXT && hasNoZero(text));
    }

    static void matches(String field, @Nullable String text, Pattern pattern) throws IOException {
        require(field, text, text != null && pattern.matcher(text).matches());
    }

    static void time(String field, @Nullable Instant time) throws IOException {
        require(field, time, time != null && !time.isBefore(EARLIEST) && time.isBefore(LATEST));
    }

    static boolean hasNoZero(String text) {
        return text.indexOf(0) < 0;
    }

    /**
     * Returns the value.
     *
     * @throws IOException if it is missing
     */
    static <T> T present(String field, @Nullable T value) throws IOException {
        if (value == null) {
            throw new IOException("it is not in pgsteward's format: " + field + " is missing");
        }
        return value;
    }

    static void require(String field, @Nullable Object value, boolean isFit) throws IOException {
        if (!isFit) {
            throw new IOException(
                    "it is not in pgsteward's format: " + field + " is " + printable(String.valueOf(value)));
        }
    }

    static String printable(String text) {
        return text.substring(0, Math.min(text.length(), 60)).replaceAll("[\\p{Cc}\\p{Cf}\\p{Cs}]", "?");
    }
}
