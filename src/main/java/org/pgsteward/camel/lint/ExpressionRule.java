package org.pgsteward.camel.lint;

import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Predicate;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Check whether a text, read by Camel as an expression, would reach a class, a forbidden bean, or the environment.
 * Every text in a route file may be an expression. Pure.
 */
final class ExpressionRule {
    /** Start of a function in the language Simple. */
    private static final Pattern FUNCTION = Pattern.compile("\\$(?:simple)?\\{");

    private static final Pattern PLACEHOLDER = Pattern.compile("\\{\\{(\\??)([^{}:]*)(?::([^{}]*))?}}");

    /** Placeholders that Camel does not take from pgsteward's settings; {@code {{env:X}}} would copy a secret. */
    private static final Set<String> ASKING =
            Set.of("bean", "env", "sys", "service", "service.host", "service.name", "service.port");

    private static final Pattern REFERENCE = Pattern.compile("ref:[A-Za-z0-9_-]+");
    private static final Pattern BEAN = Pattern.compile("bean:([A-Za-z0-9_-]+)(?:[.?:].*)?", Pattern.DOTALL);
    private static final Pattern CLOSED =
            Pattern.compile("(type|new|camelContext|env|sysenv|function)\\b.*", Pattern.DOTALL);

    /** Names through which an object leads to classes, or to the objects that built it. */
    private static final Pattern WAY_OUT = Pattern.compile("(?:^|[^A-Za-z0-9_$-])(?:get)?(?:[cC]lass|[cC]lassLoader"
            + "|[cC]amelContext|[eE]xchange|[dD]eclaringClass|[pP]rotectionDomain|[rR]untime|[iI]njector|[rR]egistry"
            + "|forName|newInstance|unitOfWork|UnitOfWork|getContext)(?![A-Za-z0-9_$-])");

    private static final String ONLY =
            "a route may call beans of pgsteward, and beans of the types in PGSTEWARD_ROUTES_TYPES";

    private ExpressionRule() {}

    /** @param next suggested correction */
    record Refusal(String what, String next) {}

    /**
     * Returns the reason for a refusal; empty if the text is accepted.
     *
     * @param settings the values of placeholders
     * @param mayCall decides by a bean's name
     */
    static Optional<Refusal> refusal(String text, Map<String, String> settings, Predicate<String> mayCall) {
        return placeholders(text)
                .or(() -> functions(text, mayCall))
                // A placeholder between two halves of a function may join them when it is resolved.
                .or(() -> functions(resolved(text, settings), mayCall));
    }

    private static Optional<Refusal> placeholders(String text) {
        Matcher placeholder = PLACEHOLDER.matcher(text);
        while (placeholder.find()) {
            String key = placeholder.group(2).strip();
            if (ASKING.contains(key)) {
                return Optional.of(new Refusal(
                        "a route must not use the placeholder {{" + key + ":...}}",
                        "set a variable such as PGSTEWARD_MY_VALUE, and write {{pgsteward.my.value}}"));
            }
        }
        return text.contains("{{") && PLACEHOLDER.matcher(text).replaceAll("").contains("{{")
                ? Optional.of(new Refusal("a placeholder must not contain a placeholder", "write one name"))
                : Optional.empty();
    }

    /**
     * Returns the text as Camel resolves it: each placeholder becomes the setting, or its default, or an empty text.
     */
    static String resolved(String text, Map<String, String> settings) {
        return PLACEHOLDER.matcher(text).replaceAll(placeholder -> {
            String value = settings.get(placeholder.group(2).strip());
            String or = placeholder.group(3);
            return Matcher.quoteReplacement(value != null ? value : or != null ? or : "");
        });
    }

    private static Optional<Refusal> functions(String text, Predicate<String> mayCall) {
        Matcher function = FUNCTION.matcher(text);
        while (function.find()) {
            Optional<Refusal> refusal = function(body(text, function.end()).strip(), mayCall);
            if (refusal.isPresent()) {
                return refusal;
            }
        }
        return Optional.empty();
    }

    /** Returns the text up to the closing brace, or to the end. */
    private static String body(String text, int from) {
        int depth = 1;
        for (int at = from; at < text.length(); at++) {
            depth += text.charAt(at) == '{' ? 1 : text.charAt(at) == '}' ? -1 : 0;
            if (depth == 0) {
                return text.substring(from, at);
            }
        }
        return text.substring(from);
    }

    private static Optional<Refusal> function(String body, Predicate<String> mayCall) {
        Matcher bean = BEAN.matcher(body);
        if (body.startsWith("bean:")
                && !(bean.matches() && !bean.group(1).equals("type") && mayCall.test(bean.group(1)))) {
            return Optional.of(new Refusal("an expression must not call this bean or class: " + shown(body), ONLY));
        }
        if (body.startsWith("ref:") && !REFERENCE.matcher(body).matches()) {
            return Optional.of(new Refusal("an expression must not access a part of a bean: " + shown(body), ONLY));
        }
        if (body.equals("exchange")) {
            // It may be passed on as it is; no method is called on it.
            return Optional.empty();
        }
        if (CLOSED.matcher(body).matches() || WAY_OUT.matcher(body).find()) {
            return Optional.of(new Refusal(
                    "an expression must not access classes, the context or the environment: " + shown(body),
                    "use the body, a header or a variable"));
        }
        if (body.startsWith("properties:") || body.startsWith("propertiesExist:")) {
            String key = body.substring(body.indexOf(':') + 1).replaceFirst("^!", "");
            return placeholders("{{" + key + "}}");
        }
        return Optional.empty();
    }

    /** Returns whether the name of a method, with or without arguments, leads to a class. */
    static boolean isWayOut(String method) {
        return WAY_OUT.matcher(method).find();
    }

    private static String shown(String body) {
        String line = Texts.oneLine(body);
        return "${" + (line.length() > 60 ? line.substring(0, 60) + "…" : line) + "}";
    }
}
