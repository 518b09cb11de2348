package org.pgsteward.camel.receivers;

import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * Redaction of secrets in the messages of exceptions. Camel's HTTP client quotes the whole address, and a webhook's
 * address is its password. The secrets in operators' own routes are not known. So every address loses the part after
 * the host, and every value with a name such as password is replaced.
 */
public final class Redaction {
    /** Scheme, optional user and password, host and port, and the rest. */
    private static final Pattern ADDRESS =
            Pattern.compile("([a-zA-Z][a-zA-Z0-9+.-]{0,30}://)(?:[^/\\s@]*@)?([^/\\s?#'\"]+)([/?#][^\\s'\"]*)?");

    private static final Pattern NAMED = Pattern.compile("(?i)(password|passwd|token|secret|authorization|api-?key)"
            + "(\\s*[=:]\\s*)(?:RAW\\([^)]*\\)|RAW\\{[^}]*}|[^\\s&,;]+)");

    private static final Pattern BREAKS = Pattern.compile("[\\p{Cc}\\p{Cf}\\p{Zl}\\p{Zp}]+");
    private static final int MOST = 300;

    /** Characters that are searched for known secrets; a receiver's answer is shorter. */
    private static final int SEARCHED = 128 * 1024;

    /** Characters that the patterns are applied to: their time may grow with the square of the length. */
    private static final int MATCHED = 4 * 1024;

    private final List<String> secrets;

    /**
     * @param secrets values to remove. Values of fewer than 4 characters are left to the patterns, as they would match
     *     parts of words
     */
    public Redaction(Collection<String> secrets) {
        this.secrets = secrets.stream()
                .flatMap(Redaction::shapes)
                .filter(secret -> secret.length() >= 4)
                .distinct()
                .sorted(Comparator.comparingInt(String::length).reversed())
                .toList();
    }

    /** Returns the type and message of the root cause, in one line of at most 300 characters. */
    public String of(Throwable trouble) {
        Throwable cause = trouble;
        for (int depth = 0; cause.getCause() != null && depth < 20; depth++) {
            cause = cause.getCause();
        }
        String says = cause.getMessage() == null ? "" : ": " + cause.getMessage();
        return of(cause.getClass().getSimpleName() + says);
    }

    /** Returns the text in one line of at most 300 characters, without secrets. */
    public String of(String text) {
        String line = beginning(text, SEARCHED);
        for (String secret : secrets) {
            line = line.replace(secret, "***");
        }
        // Shortened only now, so that no half of a secret remains at the end.
        line = beginning(line, MATCHED);
        line = ADDRESS.matcher(line)
                .replaceAll(found -> java.util.regex.Matcher.quoteReplacement(
                        found.group(1) + found.group(2) + (found.group(3) == null ? "" : "/***")));
        line = NAMED.matcher(line).replaceAll("$1$2***");
        line = BREAKS.matcher(line).replaceAll(" ").strip();
        return line.length() <= MOST ? line : line.substring(0, MOST - 1) + "…";
    }

    private static String beginning(String text, int most) {
        return text.length() <= most ? text : text.substring(0, most);
    }

    /** Returns the secret as it is, as it is encoded in a query, and the path of an address by itself. */
    private static Stream<String> shapes(String secret) {
        int scheme = secret.indexOf("://");
        int path = scheme < 0 ? -1 : secret.indexOf('/', scheme + 3);
        String tail = path < 0 ? "" : secret.substring(path);
        return Stream.of(secret, URLEncoder.encode(secret, StandardCharsets.UTF_8), tail);
    }
}
