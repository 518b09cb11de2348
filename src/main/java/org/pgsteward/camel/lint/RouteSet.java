package org.pgsteward.camel.lint;

import java.lang.ref.SoftReference;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.pgsteward.io.YamlTree;
import org.pgsteward.model.Suggestions;
import org.snakeyaml.engine.v2.exceptions.Mark;
import org.snakeyaml.engine.v2.exceptions.MarkedYamlEngineException;
import org.snakeyaml.engine.v2.exceptions.YamlEngineException;
import org.snakeyaml.engine.v2.nodes.Node;
import org.snakeyaml.engine.v2.nodes.NodeTuple;

/**
 * Routes and beans of all route files together, by name.
 *
 * @param thresholds text of {@code thresholds.yaml}, if it exists
 * @param problems faults of form; entries with such a fault are missing here
 */
public record RouteSet(
        Map<String, Entry> routes, Map<String, Entry> beans, Optional<String> thresholds, List<Problem> problems) {
    private static final String FORM = "a route file is a list of `- route:` and `- beans:`";

    /**
     * A route or a bean.
     *
     * @param node its YAML, below {@code route} or in the list below {@code beans}
     * @param meaning canonical form, equal for entries with equal effect
     */
    public record Entry(String name, String file, Node node, String meaning) {
        int line() {
            return YamlTree.line(node);
        }

        Problem problem(int line, String what, String next) {
            return new Problem(file, line, what, next);
        }

        /** Returns the word by which others use the entry: the endpoint of a route, or the name of a bean. */
        String address() {
            return YamlTree.value(node, "from")
                    .flatMap(from -> YamlTree.value(from, "uri"))
                    .flatMap(YamlTree::text)
                    .orElse(name);
        }

        /** Returns whether the entry names {@code word}, as a whole value or within an expression. */
        boolean mentions(String word) {
            return YamlTree.scalars(node).anyMatch(scalar -> Texts.contains(scalar.getValue(), word));
        }
    }

    /**
     * The set that was parsed last. A start needs the set of the same files five times. The collector takes it soon after.
     */
    private static volatile @Nullable SoftReference<Parsed> last;

    private record Parsed(RouteFiles files, RouteSet set) {}

    /** Parses the files. Parts that cannot be parsed are reported as problems. */
    public static RouteSet of(RouteFiles files) {
        SoftReference<Parsed> reference = last;
        Parsed before = reference == null ? null : reference.get();
        if (before != null && before.files().equals(files)) {
            return before.set();
        }
        RouteSet read = parse(files);
        RouteSet set = new RouteSet(
                Collections.unmodifiableMap(read.routes),
                Collections.unmodifiableMap(read.beans),
                read.thresholds,
                List.copyOf(read.problems));
        last = new SoftReference<>(new Parsed(files, set));
        return set;
    }

    private static RouteSet parse(RouteFiles files) {
        RouteSet set =
                new RouteSet(new LinkedHashMap<>(), new LinkedHashMap<>(), files.thresholds(), new ArrayList<>());
        files.unreadable().forEach((file, why) -> set.problems.add(new Problem(file, 0, why, "")));
        files.routes().forEach(set::read);
        return set;
    }

    private void read(String file, String text) {
        Optional<Node> root;
        try {
            root = YamlTree.read(file, text);
        } catch (MarkedYamlEngineException e) {
            // The parser notices a missing end far behind the start, so the start is reported.
            Optional<Mark> at = String.valueOf(e.getContext()).startsWith("while scanning")
                    ? e.getContextMark().or(e::getProblemMark)
                    : e.getProblemMark();
            int line = at.map(mark -> mark.getLine() + 1).orElse(0);
            problems.add(new Problem(
                    file,
                    line,
                    "not valid YAML: " + Texts.oneLine(e.getProblem()),
                    "check its indentation and quotes"));
            return;
        } catch (YamlEngineException e) {
            problems.add(new Problem(file, 0, "not valid YAML: " + Texts.oneLine(e.getMessage()), ""));
            return;
        }
        if (root.isEmpty()) {
            problems.add(new Problem(file, 1, "the file is empty", "write a route, or remove the file"));
        } else if (YamlTree.items(root.get()).isEmpty()) {
            problems.add(new Problem(file, YamlTree.line(root.get()), "the file is not a list", FORM));
        } else {
            YamlTree.items(root.get()).forEach(item -> readItem(file, item));
        }
    }

    private void readItem(String file, Node item) {
        List<NodeTuple> tuples = YamlTree.tuples(item);
        if (tuples.isEmpty()) {
            problems.add(new Problem(file, YamlTree.line(item), "this entry is not `route:` or `beans:`", FORM));
        }
        for (NodeTuple tuple : tuples) {
            String kind = YamlTree.text(tuple.getKeyNode()).orElse("");
            int line = YamlTree.line(tuple.getKeyNode());
            if (kind.equals("route")) {
                put(routes, "route", "id", file, line, tuple.getValueNode());
            } else if (kind.equals("beans")) {
                if (YamlTree.items(tuple.getValueNode()).isEmpty()) {
                    problems.add(new Problem(file, line, "`beans:` has no list of beans", ""));
                }
                YamlTree.items(tuple.getValueNode())
                        .forEach(bean -> put(beans, "bean", "name", file, YamlTree.line(bean), bean));
            } else {
                problems.add(new Problem(file, line, "'" + kind + "' is not supported here", hint(kind)));
            }
        }
    }

    private static String hint(String kind) {
        String near = Suggestions.hint(kind, List.of("route", "beans"));
        return kind.equals("from")
                ? "write `- route:` with an id, and put `from:` into it"
                : near.isEmpty() ? FORM : near;
    }

    private void put(Map<String, Entry> entries, String kind, String key, String file, int line, Node node) {
        Optional<String> name =
                YamlTree.value(node, key).flatMap(YamlTree::text).filter(text -> !text.isBlank());
        if (name.isEmpty()) {
            problems.add(new Problem(file, line, "a " + kind + " has no " + key, "give it a unique " + key));
            return;
        }
        try {
            Entry entry = new Entry(name.get(), file, node, CanonicalForm.of(node));
            Entry before = entries.putIfAbsent(name.get(), entry);
            if (before != null) {
                problems.add(new Problem(
                        file,
                        YamlTree.value(node, key).map(YamlTree::line).orElse(line),
                        kind + " '" + name.get() + "' already exists at " + before.file() + ":" + before.line(),
                        "rename one of them"));
            }
        } catch (CanonicalForm.Unreadable e) {
            problems.add(new Problem(file, e.line(), Texts.oneLine(e.getMessage()), ""));
        }
    }

    /** @throws NullPointerException if there is no route with this id */
    public Entry route(String id) {
        return Objects.requireNonNull(routes.get(id), id);
    }

    /** @throws NullPointerException if there is no bean with this name */
    public Entry bean(String name) {
        return Objects.requireNonNull(beans.get(name), name);
    }
}
