package org.pgsteward.provision;

import java.lang.Character.UnicodeScript;
import java.nio.charset.StandardCharsets;
import java.text.Normalizer;
import java.util.LinkedHashSet;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;

/**
 * The rules for names of services, databases and roles. Labels and variables are data. A name that could be read as
 * anything else, or mistaken for another one, is refused and never repaired.
 *
 * <ol>
 *   <li>At most 50 characters (the columns of {@code service_configs}) and 63 bytes (PostgreSQL's names).
 *   <li>No invisible characters: no control, format, private or unknown character, and no lone surrogate.
 *   <li>Letters with their marks and digits, {@code . _ @ + -}, and spaces inside. Latin letters are not mixed with
 *       Cyrillic or Greek ones. The name is in Unicode's composed form, so that names that look the same are the same.
 *   <li>Not a name that every cluster, or pgsteward, has already.
 * </ol>
 */
final class Names {
    private static final int LONGEST = 50;
    private static final int LONGEST_BYTES = 63;

    private static final Pattern RESERVED =
            Pattern.compile("postgres|template.*|pg_.*|homelab|public|pgsteward(_.*)?|none|_.*", Pattern.DOTALL);

    private static final Pattern EXTENSION = Pattern.compile("[a-z][a-z0-9_-]{0,62}");

    /**
     * Characters that are letters and marks by their category and yet invisible: fillers, joiners, and glyph selectors.
     */
    private static final Pattern INVISIBLE = Pattern.compile("[\\u034F\\u115F\\u1160\\u17B4\\u17B5\\u180B-\\u180F"
            + "\\u3164\\uFE00-\\uFE0F\\uFFA0\\x{E0100}-\\x{E01EF}]");

    private static final Pattern UNPRINTABLE = Pattern.compile("[\\p{C}\\p{Zl}\\p{Zp}]");

    private Names() {}

    /**
     * Refuses a name that is not allowed.
     *
     * @param what {@code service}, {@code database} or {@code user}, as in the label
     * @throws RefusedClaim with one line
     */
    static void check(String what, String name, String service) {
        problem(name).ifPresent(problem -> {
            throw new RefusedClaim("cannot enrol service '" + printable(service) + "': " + what + " '" + printable(name)
                    + "' " + problem + "; choose another name with the label pgsteward." + what);
        });
    }

    static boolean isLegal(String name) {
        return problem(name).isEmpty();
    }

    /**
     * Returns the extensions that a label lists.
     *
     * @throws RefusedClaim with one line if one of them cannot be the name of an extension
     */
    static Set<String> extensions(String list, String service) {
        Set<String> extensions = new LinkedHashSet<>();
        for (String part : list.split(",", -1)) {
            String extension = part.strip();
            if (extension.isEmpty()) {
                continue;
            }
            if (!EXTENSION.matcher(extension).matches()) {
                throw new RefusedClaim("cannot enrol service '" + printable(service) + "': '" + printable(extension)
                        + "' is not the name of an extension; list names such as vector, pg_trgm in the label"
                        + " pgsteward.extensions");
            }
            extensions.add(extension);
        }
        return extensions;
    }

    /**
     * Returns a text for a message: one line, at most 50 characters, with a question mark for each invisible character.
     */
    static String printable(String text) {
        boolean cut = text.codePointCount(0, text.length()) > LONGEST;
        String shown = cut ? text.substring(0, text.offsetByCodePoints(0, LONGEST)) : text;
        String seen =
                INVISIBLE.matcher(UNPRINTABLE.matcher(shown).replaceAll("?")).replaceAll("?");
        return cut ? seen + "…" : seen;
    }

    private static Optional<String> problem(String name) {
        if (name.isBlank()) {
            return Optional.of("is empty");
        }
        if (name.codePointCount(0, name.length()) > LONGEST) {
            return Optional.of("is longer than " + LONGEST + " characters");
        }
        if (name.getBytes(StandardCharsets.UTF_8).length > LONGEST_BYTES) {
            return Optional.of("is longer than " + LONGEST_BYTES + " bytes");
        }
        if (UNPRINTABLE.matcher(name).find() || INVISIBLE.matcher(name).find()) {
            return Optional.of("contains an invisible character");
        }
        return misshapen(name).or(() -> reserved(name));
    }

    private static Optional<String> misshapen(String name) {
        if (!Normalizer.isNormalized(name, Normalizer.Form.NFC)) {
            return Optional.of("is not in Unicode's composed form (NFC)");
        }
        Optional<String> foreign = name.codePoints()
                .filter(character -> !allowed(character))
                .mapToObj(Character::toString)
                .findFirst();
        if (foreign.isPresent()) {
            return Optional.of("contains '" + foreign.get() + "' (allowed: letters, digits, spaces and . _ @ + -)");
        }
        if (!Character.isLetterOrDigit(name.codePointAt(0)) || name.endsWith(" ")) {
            return Optional.of("does not begin with a letter or a digit, or ends with a space");
        }
        if (writtenIn(name, UnicodeScript.LATIN)
                && (writtenIn(name, UnicodeScript.CYRILLIC) || writtenIn(name, UnicodeScript.GREEK))) {
            return Optional.of("mixes alphabets with similar letters");
        }
        return Optional.empty();
    }

    private static boolean allowed(int character) {
        return switch (Character.getType(character)) {
            case Character.NON_SPACING_MARK, Character.COMBINING_SPACING_MARK -> true;
            default -> Character.isLetterOrDigit(character) || " ._@+-".indexOf(character) >= 0;
        };
    }

    private static boolean writtenIn(String name, UnicodeScript script) {
        return name.codePoints().anyMatch(character -> UnicodeScript.of(character) == script);
    }

    private static Optional<String> reserved(String name) {
        return isReserved(name) ? Optional.of("is reserved") : Optional.empty();
    }

    /** Returns whether a name is reserved, in any case and width of its letters. */
    static boolean isReserved(String name) {
        String plain = Normalizer.normalize(name, Normalizer.Form.NFKC).toLowerCase(Locale.ROOT);
        return RESERVED.matcher(plain).matches();
    }
}
