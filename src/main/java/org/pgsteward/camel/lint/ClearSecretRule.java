package org.pgsteward.camel.lint;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.pgsteward.io.YamlTree;
import org.snakeyaml.engine.v2.nodes.Node;

/**
 * Check for plain-text secrets in a route file. Backups, git and screens would expose them, so a reference belongs
 * there instead. A secret is recognised by the names of options and headers, by credentials in an address, and by
 * addresses that are secrets themselves.
 */
final class ClearSecretRule {
    private static final Pattern SECRET = Pattern.compile(
            "(?i).*(password|passwd|passphrase|passcode|secret|token|api[-_]?key|access[-_]?key|private[-_]?key|credentials?|authorization)");

    private static final Pattern OPTION = Pattern.compile("[?&]([A-Za-z0-9._-]+)=([^&]*)");
    private static final Pattern LOGIN = Pattern.compile("://[^/\\s:@{}]+:([^/\\s@]+)@");
    private static final Pattern HOOK = Pattern.compile(
            "(hooks\\.slack\\.com/services/|discord(app)?\\.com/api/webhooks/|api\\.telegram\\.org/bot)[A-Za-z0-9].*");

    /** Steps with a name and, beside it, its value. */
    private static final List<String> NAMED =
            List.of("setHeader", "setProperty", "setVariable", "set-header", "set-property", "set-variable");

    private static final String NEXT =
            "write it into a file, name the file by a setting such as PGSTEWARD_MY_TOKEN_FILE, and write {{pgsteward.my.token}} here";

    private ClearSecretRule() {}

    static List<Problem> problems(RouteSet.Entry entry) {
        List<Problem> problems = new ArrayList<>();
        look(entry, entry.node(), "", problems);
        YamlTree.scalars(entry.node())
                .forEach(scalar -> inAddress(scalar.getValue())
                        .ifPresent(what -> problems.add(entry.problem(YamlTree.line(scalar), what, NEXT))));
        return problems;
    }

    private static void look(RouteSet.Entry entry, Node node, String parent, List<Problem> problems) {
        YamlTree.items(node).forEach(item -> look(entry, item, parent, problems));
        YamlTree.tuples(node).forEach(tuple -> {
            String key = YamlTree.text(tuple.getKeyNode()).orElse("");
            Node value = tuple.getValueNode();
            boolean splitting = key.equals("token") && parent.equals("tokenize");
            if (SECRET.matcher(key).matches() && !splitting && isClear(YamlTree.text(value))) {
                problems.add(entry.problem(YamlTree.line(tuple.getKeyNode()), "secret in clear text: " + key, NEXT));
            }
            if (NAMED.contains(key)) {
                named(entry, value).ifPresent(problems::add);
            }
            look(entry, value, key, problems);
        });
    }

    private static Optional<Problem> named(RouteSet.Entry entry, Node step) {
        String name = YamlTree.value(step, "name").flatMap(YamlTree::text).orElse("");
        if (!SECRET.matcher(name).matches()) {
            return Optional.empty();
        }
        List<Problem> found = new ArrayList<>();
        YamlTree.each(step, (key, value) -> {
            if (List.of("constant", "simple", "expression").contains(key) && isClear(YamlTree.text(value))) {
                found.add(entry.problem(YamlTree.line(value), "secret in clear text: " + name, NEXT));
            }
        });
        return found.stream().findFirst();
    }

    private static Optional<String> inAddress(String text) {
        Matcher option = OPTION.matcher(text);
        while (option.find()) {
            if (SECRET.matcher(option.group(1)).matches() && isClear(Optional.of(option.group(2)))) {
                return Optional.of("secret in clear text: " + option.group(1));
            }
        }
        Matcher login = LOGIN.matcher(text);
        if (login.find() && isClear(Optional.of(login.group(1)))) {
            return Optional.of("secret in clear text: a password in an address");
        }
        Matcher hook = HOOK.matcher(text);
        return hook.find() ? Optional.of("secret in clear text: the address itself is a secret") : Optional.empty();
    }

    /** Returns whether the value is neither a placeholder nor an expression nor a reference to a bean. */
    private static boolean isClear(Optional<String> value) {
        return value.map(text -> text.replaceFirst("^RAW[({](.*)[)}]$", "$1"))
                .filter(text -> !text.isBlank()
                        && !text.contains("{{")
                        && !text.contains("${")
                        && !text.startsWith("#")
                        && !text.equals("true")
                        && !text.equals("false"))
                .isPresent();
    }
}
