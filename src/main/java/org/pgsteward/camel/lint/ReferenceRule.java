package org.pgsteward.camel.lint;

import java.util.Optional;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.pgsteward.camel.lint.ExpressionRule.Refusal;

/**
 * Whether a value is more than a value or the name of a bean. To Camel a number sign begins a reference, and what stands
 * behind it may make an object of any class; of all that it knows there, only names of beans are let through. Pure.
 */
final class ReferenceRule {
    private static final Pattern NAME = Pattern.compile("#(?:bean:)?[A-Za-z0-9_.-]+");

    /** Of these Camel does not look for a bean. */
    private static final Set<String> NO_NAMES = Set.of("#autowired", "#bean:autowired");

    /** What Camel takes off a value before it looks at its first letter. */
    private static final Pattern AROUND = Pattern.compile("[\\s\\p{Z}\\p{C}+]++|(?i:RAW)[({]");

    /** Behind a colon, as in {@code :#name::text}, is a parameter of SQL. */
    private static final Pattern BUILDS = Pattern.compile("(?<!:)#(?:bean:)?(?:class|type|valueAs|property)\\s*[:(]");

    private static final Pattern OPTION = Pattern.compile("[?&]\\s*[^=&?\\s]+\\s*=([^&]*)");

    private static final String NEXT = "a value is plain, or \"#bean:NAME\"";

    private ReferenceRule() {}

    /**
     * Why the text is refused; empty where it is not.
     *
     * @param isOption whether the whole of it is a value; otherwise it may be an address with options
     */
    static Optional<Refusal> refusal(String text, Decoded decoded, boolean isOption) {
        if (!decoded.isWhole()) {
            return Optional.of(
                    new Refusal("a text that is encoded many times over: " + Words.oneLine(text), "write it plainly"));
        }
        if (text.contains("?nested=")) {
            return Optional.of(new Refusal("a placeholder with '?nested='", "leave that out"));
        }
        boolean plain = decoded.forms().stream().allMatch(form -> isPlain(form, isOption));
        return plain
                ? Optional.empty()
                : Optional.of(new Refusal("a value that builds or looks up something: " + Words.oneLine(text), NEXT));
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

    /** Of a list, each. */
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

    /** A loop, not one pattern: a long text of a file must cost neither the stack nor much time. */
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
