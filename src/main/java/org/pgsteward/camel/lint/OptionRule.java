package org.pgsteward.camel.lint;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.UnaryOperator;
import java.util.regex.Pattern;
import org.pgsteward.camel.receivers.NotifyComponent;
import org.pgsteward.io.YamlTree;
import org.pgsteward.model.Suggestions;
import org.snakeyaml.engine.v2.nodes.Node;

/**
 * Check for options that Camel accepts but should not. A time that Camel cannot parse is ignored, so a timer of {@code
 * often} runs without a pause. An HTTP address sends unknown options along with the request. A mail property may name a
 * class that does not exist.
 */
final class OptionRule {
    /** Camel's forms of a time. */
    static final Pattern TIME = Pattern.compile("-?\\d+|(?=\\d)(\\d+d)?(\\d+h)?(\\d+m)?(\\d+s)?(\\d+ms)?");

    /**
     * A property of JavaMail whose value is a class. Without that class no server refuses the mail, but it is never
     * sent.
     */
    private static final Pattern MAIL_CLASS = Pattern.compile("mail\\..+\\.class");

    private static final Pattern WHOLE = Pattern.compile("-?\\d+");
    private static final Set<String> MAIL = Set.of("smtp", "smtps", "imap", "imaps", "pop3", "pop3s");
    private static final Set<String> LENIENT = Set.of("http", "https", NotifyComponent.SCHEME);

    private OptionRule() {}

    /** @param resolved fills in the placeholders of a text */
    static List<Problem> problems(RouteSet.Entry entry, KnownNames known, UnaryOperator<String> resolved) {
        List<Problem> problems = new ArrayList<>();
        look(entry, entry.node(), known, resolved, problems);
        return problems;
    }

    private static void look(
            RouteSet.Entry entry, Node node, KnownNames known, UnaryOperator<String> resolved, List<Problem> problems) {
        Optional<String> uri = YamlTree.value(node, "uri").flatMap(YamlTree::text);
        Optional<Node> parameters = YamlTree.value(node, "parameters");
        if (uri.isPresent() && parameters.isPresent()) {
            String scheme = uri.get().replaceFirst("(?s)[:?].*", "");
            YamlTree.tuples(parameters.get()).forEach(tuple -> {
                String name = YamlTree.text(tuple.getKeyNode()).orElse("");
                String value = YamlTree.text(tuple.getValueNode()).map(resolved).orElse("");
                option(scheme, name, value, known)
                        .ifPresent(said -> problems.add(
                                entry.problem(YamlTree.line(tuple.getKeyNode()), said.get(0), said.get(1))));
            });
        }
        YamlTree.items(node).forEach(item -> look(entry, item, known, resolved, problems));
        YamlTree.tuples(node).forEach(tuple -> look(entry, tuple.getValueNode(), known, resolved, problems));
    }

    /** Returns the fault and the suggested correction. */
    private static Optional<List<String>> option(String scheme, String name, String value, KnownNames known) {
        if (MAIL.contains(scheme) && MAIL_CLASS.matcher(name).matches()) {
            String named = value.replaceFirst("^RAW\\((.*)\\)$", "$1");
            return named.isEmpty() || KnownNames.isClass(named)
                    ? Optional.empty()
                    : Optional.of(
                            List.of(
                                    name + " names the class '" + Texts.oneLine(named) + "', which does not exist",
                                    "copy the name from the shipped receivers/email.camel.yaml, or put the jar of your class into lib/ext"));
        }
        Optional<Class<?>> type = known.optionType(scheme, name);
        if (type.isEmpty() && LENIENT.contains(scheme)) {
            Set<String> options = known.options(scheme);
            boolean ours = scheme.equals(NotifyComponent.SCHEME) && name.equals(NotifyComponent.TIMEOUT);
            return ours || options.contains(name)
                    ? Optional.empty()
                    : Suggestions.within(2, name, options)
                            .map(near ->
                                    List.of(scheme + " has no option '" + name + "'", "did you mean '" + near + "'?"));
        }
        boolean unread = type.filter(
                        kind -> (kind == long.class && !TIME.matcher(value).matches())
                                || (kind == int.class && !WHOLE.matcher(value).matches()))
                .isPresent();
        return unread && !value.isEmpty() && !value.startsWith("#")
                ? Optional.of(List.of(
                        name + " is '" + value + "', not a number",
                        type.get() == long.class ? "write a time in milliseconds, or such as 30s, 5m or 1h30m" : ""))
                : Optional.empty();
    }
}
