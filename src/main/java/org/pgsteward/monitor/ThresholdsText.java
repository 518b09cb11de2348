package org.pgsteward.monitor;

import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.pgsteward.io.YamlTree;
import org.pgsteward.model.Suggestions;
import org.snakeyaml.engine.v2.exceptions.MarkedYamlEngineException;
import org.snakeyaml.engine.v2.exceptions.YamlEngineException;
import org.snakeyaml.engine.v2.nodes.MappingNode;
import org.snakeyaml.engine.v2.nodes.Node;
import org.snakeyaml.engine.v2.nodes.NodeTuple;

/**
 * A text of thresholds: the keys of each metric with their values and lines. {@link ThresholdsFile} decides the keys of
 * each metric.
 */
final class ThresholdsText {
    private static final String SERVICES = "services";

    /** The maximum number of services, more than a host of containers has. */
    private static final int MOST_SERVICES = 1000;

    /** The maximum length of a value in characters, longer than any level. */
    private static final int LONGEST_VALUE = 100;

    private final Map<String, Figure> figures = new TreeMap<>();

    /** @param line from 1 on; 0 where it is not from the file */
    record Value(String text, int line) {}

    /** The text of one metric: its keys, and the keys of single services. */
    static final class Figure {
        private final Map<String, Value> keys = new TreeMap<>();
        private final Map<String, Map<String, Value>> services = new TreeMap<>();

        String get(String key) {
            Value value = keys.get(key);
            return value == null ? "" : value.text();
        }

        /** Returns the line of the key that a message begins with; 0 where that key is not in the file. */
        int lineOf(String message) {
            for (Map.Entry<String, Map<String, Value>> service : services.entrySet()) {
                for (Map.Entry<String, Value> key : service.getValue().entrySet()) {
                    if (message.startsWith(key.getKey() + " of " + service.getKey() + " ")) {
                        return key.getValue().line();
                    }
                }
            }
            return keys.entrySet().stream()
                    .filter(key -> message.startsWith(key.getKey() + " "))
                    .findFirst()
                    .map(key -> key.getValue().line())
                    .orElse(0);
        }

        /** Returns the first line of the metric in the file; 0 where it is not there. */
        int line() {
            return keys.values().stream()
                    .mapToInt(Value::line)
                    .filter(line -> line > 0)
                    .min()
                    .orElse(0);
        }

        void put(String key, Value value) {
            keys.put(key, value);
        }

        void put(String service, String key, Value value) {
            services.computeIfAbsent(service, first -> new TreeMap<>()).put(key, value);
        }

        WrittenLevels levels() {
            Map<String, WrittenLevels> single = new LinkedHashMap<>();
            services.forEach(
                    (service, its) -> single.put(service, WrittenLevels.of(text(its, "warn"), text(its, "critical"))));
            return new WrittenLevels(get("warn"), get("critical"), get("clear"), get("lasting"), single);
        }

        private static String text(Map<String, Value> keys, String key) {
            Value value = keys.get(key);
            return value == null ? "" : value.text();
        }

        /** Overrides these values by those of {@code other}. If it has services, they replace all services here. */
        private void add(Figure other) {
            keys.putAll(other.keys);
            if (!other.services.isEmpty()) {
                services.clear();
                services.putAll(other.services);
            }
        }
    }

    /**
     * Reads the shipped text. Its lines become 0, since they are not lines of the operator's file.
     *
     * @param known the keys of each metric
     */
    static ThresholdsText shipped(String text, Map<String, Set<String>> known) {
        ThresholdsText shipped = parse(text, known);
        shipped.figures.values().forEach(figure -> figure.keys.replaceAll((key, value) -> new Value(value.text(), 0)));
        return shipped;
    }

    /**
     * Reads the text of a file.
     *
     * @param known the keys of each metric
     * @throws WrongThreshold if it is no YAML, or names an unknown metric or key
     */
    static ThresholdsText parse(String text, Map<String, Set<String>> known) {
        ThresholdsText parsed = new ThresholdsText();
        Node root;
        try {
            root = YamlTree.read(ThresholdsFile.NAME, text).orElse(null);
        } catch (MarkedYamlEngineException e) {
            throw new WrongThreshold(
                    e.getProblemMark().map(mark -> mark.getLine() + 1).orElse(0),
                    "it is not valid YAML: " + e.getProblem() + "; check its indentation, brackets and quotes");
        } catch (YamlEngineException e) {
            throw new WrongThreshold(
                    0,
                    "it is not valid YAML: "
                            + String.valueOf(e.getMessage()).lines().findFirst().orElse(""));
        }
        if (root == null) {
            return parsed;
        }
        for (NodeTuple tuple : mapping(root, "the file")) {
            String name = name(tuple.getKeyNode());
            Set<String> keys = known.get(name);
            if (keys == null) {
                throw wrong(tuple.getKeyNode(), "there is no figure '" + name + "'", name, known.keySet());
            }
            parsed.figures.put(name, figure(name, tuple.getValueNode(), keys));
        }
        return parsed;
    }

    private static Figure figure(String name, Node node, Set<String> known) {
        Figure figure = new Figure();
        if (known.contains("warn") && YamlTree.text(node).filter("off"::equals).isPresent()) {
            Value off = new Value("off", YamlTree.line(node));
            figure.put("warn", off);
            figure.put("critical", off);
            return figure;
        }
        for (NodeTuple tuple : mapping(node, name)) {
            String key = name(tuple.getKeyNode());
            if (!known.contains(key)) {
                throw wrong(tuple.getKeyNode(), name + " has no key '" + key + "'", key, known);
            }
            if (key.equals(SERVICES)) {
                services(figure, name, tuple.getValueNode());
            } else {
                figure.put(key, value(name + ": " + key, tuple.getValueNode()));
            }
        }
        return figure;
    }

    private static void services(Figure figure, String name, Node node) {
        if (YamlTree.text(node).filter(String::isEmpty).isPresent()) {
            return;
        }
        List<NodeTuple> tuples = mapping(node, name + ": " + SERVICES);
        if (tuples.size() > MOST_SERVICES) {
            throw new WrongThreshold(
                    YamlTree.line(node), name + " has levels for more than " + MOST_SERVICES + " services");
        }
        for (NodeTuple tuple : tuples) {
            String service = name(tuple.getKeyNode());
            Node levels = tuple.getValueNode();
            if (YamlTree.text(levels).isPresent()) {
                figure.put(service, "warn", value(name + ": " + service, levels));
                continue;
            }
            for (NodeTuple level : mapping(levels, name + ": " + service)) {
                String key = name(level.getKeyNode());
                if (!key.equals("warn") && !key.equals("critical")) {
                    throw wrong(
                            level.getKeyNode(),
                            name + ": " + service + " has no key '" + key + "'",
                            key,
                            Set.of("warn", "critical"));
                }
                figure.put(service, key, value(name + ": " + service + ": " + key, level.getValueNode()));
            }
        }
    }

    private static List<NodeTuple> mapping(Node node, String what) {
        if (node instanceof MappingNode) {
            List<NodeTuple> tuples = YamlTree.tuples(node);
            Set<String> seen = new HashSet<>();
            for (NodeTuple tuple : tuples) {
                if (!seen.add(name(tuple.getKeyNode()))) {
                    throw new WrongThreshold(
                            YamlTree.line(tuple.getKeyNode()), name(tuple.getKeyNode()) + " appears twice");
                }
            }
            return tuples;
        }
        throw new WrongThreshold(
                YamlTree.line(node), what + " is not a mapping: write it as 'connections: {warn: 80%}'");
    }

    private static String name(Node key) {
        return YamlTree.text(key).orElse("");
    }

    private static Value value(String what, Node node) {
        String text = YamlTree.text(node)
                .orElseThrow(() ->
                        new WrongThreshold(YamlTree.line(node), what + " is not a single value: write it as 80%"));
        if (text.length() > LONGEST_VALUE) {
            throw new WrongThreshold(
                    YamlTree.line(node),
                    what + " has " + text.length() + " characters: at most " + LONGEST_VALUE + " are allowed");
        }
        return new Value(text.strip(), YamlTree.line(node));
    }

    private static WrongThreshold wrong(Node key, String what, String written, Set<String> known) {
        String hint = Suggestions.hint(written, known);
        return new WrongThreshold(
                YamlTree.line(key), what + "; " + (hint.isEmpty() ? "write one of " + String.join(", ", known) : hint));
    }

    Figure figure(String name) {
        return figures.computeIfAbsent(name, first -> new Figure());
    }

    /** Overrides these values by those of {@code other}. */
    void add(ThresholdsText other) {
        other.figures.forEach((name, figure) -> figure(name).add(figure));
    }
}
