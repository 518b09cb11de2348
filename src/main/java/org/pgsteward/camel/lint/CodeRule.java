package org.pgsteward.camel.lint;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Predicate;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.pgsteward.io.YamlTree;
import org.pgsteward.model.Suggestions;
import org.snakeyaml.engine.v2.nodes.Node;

/**
 * Check for code in a route file. It reads only the text, before Camel builds any object from the file: building a bean
 * runs its constructor, and may run a script.
 *
 * <ol>
 *   <li>A bean is of a listed type, created by a constructor and setters with plain values.
 *   <li>A step calls beans of pgsteward, or of a listed type.
 *   <li>Only languages that extract values are allowed, and no component that runs programs, classes or templates of
 *       programs.
 *   <li>No value names a class, and no expression reaches one, in any encoding.
 * </ol>
 *
 * <p>A route may still read and write files, send messages, and query the database as its administrator: the author of
 * a route file is trusted with that.
 */
final class CodeRule {
    private static final Set<String> OF_A_BEAN = Set.of("name", "type", "properties", "constructors");

    /** Components that execute the code that their address or their body names. */
    static final Set<String> SCHEMES = Set.of(
            "bean",
            "class",
            "controlbus",
            "exec",
            "freemarker",
            "jte",
            "kamelet",
            "language",
            "mvel",
            "string-template",
            "thymeleaf",
            "velocity",
            "wasm",
            "xquery",
            "xslt",
            "xslt-saxon");

    private static final Set<String> LANGUAGES = Set.of(
            "csimple",
            "datasonnet",
            "groovy",
            "java",
            "javascript",
            "joor",
            "js",
            "language",
            "mvel",
            "ognl",
            "python",
            "script",
            "spel",
            "wasm",
            "xquery");

    /** Keys below which options and headers may have any name. */
    static final Set<String> NAMED_FREELY = Set.of("parameters", "properties");

    private static final Set<String> CALLING = Set.of("bean", "method", "process");

    /** Keys whose value is an address, with or without a colon. */
    private static final Set<String> ADDRESSES =
            Set.of("uri", "to", "toD", "from", "wireTap", "enrich", "pollEnrich", "poll");

    /** Keys with text for people. {@link TextRule} checks the expressions in them. */
    private static final Set<String> WORDS = Set.of("description", "message", "note", "id", "name", "expression");

    /** Beans of pgsteward that a route may only pass on as a reference. */
    private static final Set<String> HANDED_ON = Set.of("management", "docker");

    /** The only class with a method that a shipped example calls by name. */
    static final Map<String, String> CALLS =
            Map.of("org.apache.camel.support.ResourceHelper", "resolveMandatoryResource");

    private static final Pattern SCHEME = Pattern.compile("(?:^|[,;\\s])\\s*([A-Za-z][A-Za-z0-9+.-]*):");

    private static final int LONGEST_TYPE = 200;

    /** Package of the beans for levels in route files of older versions. */
    private static final String LEVELS = "org.pgsteward.monitor.";

    private static final String LEVELS_MOVED =
            "levels are now in thresholds.yaml: copy the shipped file of this name, and write your levels there";

    private static final String TRUST = "list it in PGSTEWARD_ROUTES_TYPES if you trust all its effects";
    private static final String NO_CODE =
            "a route file must not contain code: move it into a program to which a route sends";

    private final RouteSet.Entry entry;
    private final BeanTypes types;
    private final Map<String, String> settings;
    private final Predicate<String> mayCall;
    private final List<Problem> problems = new ArrayList<>();

    private CodeRule(RouteSet.Entry entry, BeanTypes types, Map<String, String> settings, Predicate<String> mayCall) {
        this.entry = entry;
        this.types = types;
        this.settings = settings;
        this.mayCall = mayCall;
    }

    /** @param settings the known values of placeholders */
    static List<Problem> problems(RouteSet set, BeanTypes types, Map<String, String> settings) {
        Set<String> notCalled = new HashSet<>(HANDED_ON);
        set.beans().forEach((name, bean) -> {
            if (!types.called().contains(text(bean.node(), "type"))) {
                notCalled.add(name);
            }
        });
        Predicate<String> mayCall = name -> !notCalled.contains(name);
        List<Problem> problems = new ArrayList<>();
        set.beans().values().forEach(bean -> problems.addAll(new CodeRule(bean, types, settings, mayCall).bean()));
        set.routes().values().forEach(route -> problems.addAll(new CodeRule(route, types, settings, mayCall).route()));
        return problems;
    }

    private static String text(Node node, String key) {
        return YamlTree.value(node, key).flatMap(YamlTree::text).orElse("");
    }

    private List<Problem> bean() {
        YamlTree.tuples(entry.node()).forEach(tuple -> {
            String key = YamlTree.text(tuple.getKeyNode()).orElse("");
            if (!OF_A_BEAN.contains(key)) {
                refuse(
                        tuple.getKeyNode(),
                        "a bean must not have '" + key + "'",
                        "a bean has only a name, a type, constructors and properties");
            }
        });
        String type = text(entry.node(), "type");
        if (!types.mayBeMade(type)) {
            refuse(
                    YamlTree.value(entry.node(), "type").orElse(entry.node()),
                    "a route file must not create a bean of type '" + Texts.oneLine(type) + "'",
                    adviceFor(type));
        }
        for (String part : List.of("properties", "constructors")) {
            YamlTree.value(entry.node(), part).ifPresent(this::values);
        }
        TextRule.look(entry.node(), settings, mayCall, (node, refusal) -> refuse(node, refusal.what(), refusal.next()));
        return problems;
    }

    private String adviceFor(String type) {
        if (type.startsWith(LEVELS)) {
            return LEVELS_MOVED;
        }
        String near = type.length() > LONGEST_TYPE ? "" : Suggestions.hint(type, types.called());
        return near.isEmpty() ? TRUST : near;
    }

    /** Refuses a property that leads to a class. */
    private void values(Node node) {
        YamlTree.each(node, (key, value) -> {
            if (ExpressionRule.isWayOut(key)) {
                refuse(value, "a route file must not set the property '" + Texts.oneLine(key) + "' of a bean", NO_CODE);
            }
        });
    }

    private List<Problem> route() {
        steps(entry.node(), "");
        TextRule.look(entry.node(), settings, mayCall, (node, refusal) -> refuse(node, refusal.what(), refusal.next()));
        return problems;
    }

    private void steps(Node node, String parent) {
        YamlTree.items(node).forEach(item -> steps(item, parent));
        boolean free = NAMED_FREELY.contains(parent);
        YamlTree.tuples(node).forEach(tuple -> {
            String key = camelCase(YamlTree.text(tuple.getKeyNode()).orElse(""));
            Node value = tuple.getValueNode();
            boolean whole =
                    key.equals("language") && YamlTree.value(value, "language").isPresent();
            if (!free && !whole && LANGUAGES.contains(key.toLowerCase(Locale.ROOT))) {
                String name = key.equals("language")
                        ? Texts.oneLine(YamlTree.text(value).orElse(""))
                        : key;
                refuse(tuple.getKeyNode(), "the language or step '" + name + "' runs code", NO_CODE);
            }
            boolean itsMethod = key.equals("method") && (parent.equals("bean") || parent.equals("method"));
            if (!free && CALLING.contains(key) && !itsMethod) {
                call(value);
            }
            if (!free && ADDRESSES.contains(key)) {
                YamlTree.text(value)
                        .map(text -> ExpressionRule.resolved(text, settings).strip())
                        .filter(text -> SCHEMES.contains(text.toLowerCase(Locale.ROOT)))
                        .ifPresent(text -> refuseScheme(value, text));
            }
            if (!WORDS.contains(key) || parent.equals("expression") || isAddressing(parent)) {
                YamlTree.text(value).ifPresent(text -> address(value, text));
            }
            steps(value, key);
        });
    }

    /** Returns whether an expression in this step can be an address. */
    private static boolean isAddressing(String parent) {
        return Set.of("simple", "constant").contains(parent);
    }

    private void address(Node node, String text) {
        for (String form : Decoded.of(text, settings).forms()) {
            Matcher scheme = SCHEME.matcher(form);
            while (scheme.find()) {
                if (SCHEMES.contains(scheme.group(1).toLowerCase(Locale.ROOT))) {
                    refuseScheme(node, scheme.group(1));
                    return;
                }
            }
        }
    }

    private void refuseScheme(Node node, String scheme) {
        refuse(node, "the component '" + scheme + "' runs code", NO_CODE);
    }

    /** Checks a step that calls a method: {@code bean:}, or the language {@code method:}. */
    private void call(Node call) {
        Optional<String> whole = YamlTree.text(call);
        if (whole.isPresent()) {
            name(call, whole.get());
            return;
        }
        YamlTree.tuples(call).forEach(tuple -> {
            String key = camelCase(YamlTree.text(tuple.getKeyNode()).orElse(""));
            Node value = tuple.getValueNode();
            String text = YamlTree.text(value).orElse("");
            if (key.equals("ref")) {
                name(value, text);
            } else if (key.equals("beanType") || key.equals("type")) {
                String method = text(call, "method").replaceFirst("\\(.*", "").strip();
                boolean known = types.called().contains(text) || method.equals(CALLS.get(text));
                if (!known) {
                    refuse(value, "a route must not call the class '" + Texts.oneLine(text) + "'", TRUST);
                }
            } else if (key.equals("method") && ExpressionRule.isWayOut(text.replaceFirst("\\(.*", ""))) {
                refuse(value, "a route must not call '" + Texts.oneLine(text) + "'", NO_CODE);
            }
        });
    }

    private void name(Node node, String name) {
        String resolved = ExpressionRule.resolved(name, settings).strip();
        String bare = resolved.replaceFirst("^#bean:|^#", "");
        if (!bare.matches("[A-Za-z0-9_-]+") || !mayCall.test(bare)) {
            refuse(
                    node,
                    "a route must not call '" + Texts.oneLine(resolved) + "'",
                    "a route may call beans of pgsteward, and beans of the types in PGSTEWARD_ROUTES_TYPES");
        }
    }

    /** Adds a problem, once for each line: several checks may find one fault. */
    private void refuse(Node node, String what, String next) {
        int line = YamlTree.line(node);
        if (problems.stream().noneMatch(problem -> problem.line() == line)) {
            problems.add(entry.problem(line, what, next));
        }
    }

    /** Returns the key in camel case; YAML allows camel case and kebab case. */
    static String camelCase(String key) {
        StringBuilder camel = new StringBuilder();
        boolean upper = false;
        for (int at = 0; at < key.length(); at++) {
            char c = key.charAt(at);
            if (c == '-') {
                upper = true;
            } else {
                camel.append(upper ? Character.toUpperCase(c) : c);
                upper = false;
            }
        }
        return camel.toString();
    }
}
