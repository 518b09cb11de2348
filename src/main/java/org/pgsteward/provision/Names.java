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
 * Which names a service, a database or a role may have. Whatever stands in a label or a variable is data: a name that
 * could be read as anything else, or taken for another one by an eye, is refused and never repaired.
 *
 * <ol>
 *   <li>At most 50 characters (the seed's columns) and 63 bytes (PostgreSQL's names).
 *   <li>Nothing that no eye sees: no control, format, private or unknown character, no half of one.
 *   <li>Letters with their marks and digits of any one alphabet, {@code . _ @ + -}, spaces inside; in Unicode's composed
 *       form, so that what looks the same is the same.
 *   <li>Not the name of something that every cluster, or we, have already.
 * </ol>
 */
final class Names {
    private static final int LONGEST = 50;
    private static final int LONGEST_BYTES = 63;

    private static final Pattern RESERVED =
            Pattern.compile("postgres|template.*|pg_.*|homelab|public|pgsteward(_.*)?|none|_.*", Pattern.DOTALL);

    private static final Pattern EXTENSION = Pattern.compile("[a-z][a-z0-9_-]{0,62}");

    /** Letters and marks by their category, but drawn as nothing: fillers, joiners, and choosers between glyphs. */
    private static final Pattern INVISIBLE = Pattern.compile("[\\u034F\\u115F\\u1160\\u17B4\\u17B5\\u180B-\\u180F"
            + "\\u3164\\uFE00-\\uFE0F\\uFFA0\\x{E0100}-\\x{E01EF}]");

    private static final Pattern UNPRINTABLE = Pattern.compile("[\\p{C}\\p{Zl}\\p{Zp}]");

    private Names() {}

    /**
     * Refuses a name that nobody may have.
     *
     * @param what {@code service}, {@code database} or {@code user}, as in the label
     * @throws RefusedClaim with one line
     */
    static void check(String what, String name, String service) {
        problem(name).ifPresent(problem -> {
            throw new RefusedClaim(what + " '" + printable(name) + "' of service '" + printable(service) + "' "
                    + problem + ": choose another by the label pgsteward." + what);
        });
    }

    static boolean isLegal(String name) {
        return problem(name).isEmpty();
    }

    /**
     * The extensions that a label lists.
     *
     * @throws RefusedClaim with one line when one of them cannot be the name of an extension
     */
    static Set<String> extensions(String list, String service) {
        Set<String> extensions = new LinkedHashSet<>();
        for (String part : list.split(",", -1)) {
            String extension = part.strip();
            if (extension.isEmpty()) {
                continue;
            }
            if (!EXTENSION.matcher(extension).matches()) {
                throw new RefusedClaim("extension '" + printable(extension) + "' of service '" + printable(service)
                        + "' is no extension's name: list such as vector, pg_trgm in the label pgsteward.extensions");
            }
            extensions.add(extension);
        }
        return extensions;
    }

    /** For a message: one line, at most 50 characters, with a question mark for each that cannot be seen. */
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
            return Optional.of("holds a character that cannot be seen");
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
            return Optional.of("holds '" + foreign.get() + "', and only letters, digits, spaces and . _ @ + - may be");
        }
        if (!Character.isLetterOrDigit(name.codePointAt(0)) || name.endsWith(" ")) {
            return Optional.of("does not begin with a letter or a digit, or ends with a space");
        }
        if (writtenIn(name, UnicodeScript.LATIN)
                && (writtenIn(name, UnicodeScript.CYRILLIC) || writtenIn(name, UnicodeScript.GREEK))) {
            return Optional.of("mixes alphabets whose letters look alike");
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

    /** In whatever case and width it is written. */
    static boolean isReserved(String name) {
        String plain = Normalizer.normalize(name, Normalizer.Form.NFKC).toLowerCase(Locale.ROOT);
        return RESERVED.matcher(plain).matches();
    }
}
