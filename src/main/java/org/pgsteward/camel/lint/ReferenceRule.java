package org.pgsteward.camel.lint;

import java.util.Optional;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.pgsteward.camel.lint.ExpressionRule.Refusal;

/**
 * Check that a value is plain, or the name of a bean. In Camel a number sign starts a reference, which may create an
 * object of any class. Of all its forms, only names of beans are accepted. Pure.
 */
final class ReferenceRule {
    private static final Pattern NAME = Pattern.compile("#(?:bean:)?[A-Za-z0-9_.-]+");

    /** References that Camel does not resolve as names of beans. */
    private static final Set<String> NO_NAMES = Set.of("#autowired", "#bean:autowired");

    /** Text that Camel strips from a value before it tests the first character. */
    private static final Pattern AROUND = Pattern.compile("[\\s\\p{Z}\\p{C}+]++|(?i:RAW)[({]");

    /** A number sign after a colon, as in {@code :#name::text}, is a parameter of SQL. */
    private static final Pattern BUILDS = Pattern.compile("(?<!:)#(?:bean:)?(?:class|type|valueAs|property)\\s*[:(]");

    private static final Pattern OPTION = Pattern.compile("[?&]\\s*[^=&?\\s]+\\s*=([^&]*)");

    private static final String NEXT = "write a plain value, or \"#bean:NAME\"";

    private ReferenceRule() {}

    /**
     * Returns the reason for a refusal; empty if the text is accepted.
     *
     * @param isOption whether the whole text is a value; otherwise it may be an address with options
     */
    static Optional<Refusal> refusal(String text, Decoded decoded, boolean isOption) {
        if (!decoded.isWhole()) {
            return Optional.of(
                    new Refusal("text encoded too many times: " + Texts.oneLine(text), "write it without encoding"));
        }
        if (text.contains("?nested=")) {
            return Optional.of(new Refusal("a placeholder must not have '?nested='", "remove that part"));
        }
        boolean plain = decoded.forms().stream().allMatch(form -> isPlain(form, isOption));
        return plain
                ? Optional.empty()
                : Optional.of(
                        new Refusal("a value must not create or look up an object: " + Texts.oneLine(text), NEXT));
    }

    private static boolean isPlain(String form, boolean isOption) {
        if (BUILDS.matcher(form).find() || (isOption && !isValue(form))) {
            return false;
        }
        Matcher option = OPTION.matcher(form);
        while (option.find()) {
            if (!isValue(option.group(1))) {
                return false;
            }
        }
        return true;
    }

    /** Returns whether the text, or each item of a list, is plain or the name of a bean. */
    private static boolean isValue(String text) {
        for (String part : text.split(",", -1)) {
            String value = bare(part);
            if (value.startsWith("#") && value.length() > 1) {
                if (NO_NAMES.contains(value) || !NAME.matcher(value).matches()) {
                    return false;
                }
            }
        }
        return true;
    }

    /**
     * Strips the text around a value. A loop instead of one pattern: a long text must neither exhaust the stack nor
     * take long.
     */
    private static String bare(String part) {
        Matcher around = AROUND.matcher(part);
        int from = 0;
        while (around.region(from, part.length()).lookingAt()) {
            from = around.end();
        }
        int to = part.length();
        while (to > from && (part.charAt(to - 1) <= ' ' || ")}".indexOf(part.charAt(to - 1)) >= 0)) {
            to--;
        }
        return part.substring(from, to);
    }
}
