package org.pgsteward.io;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.BiConsumer;
import java.util.function.Predicate;
import java.util.stream.Stream;
import org.snakeyaml.engine.v2.api.LoadSettings;
import org.snakeyaml.engine.v2.composer.Composer;
import org.snakeyaml.engine.v2.nodes.MappingNode;
import org.snakeyaml.engine.v2.nodes.Node;
import org.snakeyaml.engine.v2.nodes.NodeTuple;
import org.snakeyaml.engine.v2.nodes.ScalarNode;
import org.snakeyaml.engine.v2.nodes.SequenceNode;
import org.snakeyaml.engine.v2.parser.ParserImpl;
import org.snakeyaml.engine.v2.scanner.StreamReader;

/** YAML as a tree whose nodes know their lines. */
public final class YamlTree {
    private YamlTree() {}

    /**
     * Parses one document.
     *
     * @return the root node; empty if the document is empty
     * @throws org.snakeyaml.engine.v2.exceptions.YamlEngineException if the text is no YAML
     */
    public static Optional<Node> read(String file, String text) {
        LoadSettings settings = LoadSettings.builder().setLabel(file).build();
        String plain = text.startsWith("\uFEFF") ? text.substring(1) : text;
        return new Composer(settings, new ParserImpl(settings, new StreamReader(settings, plain))).getSingleNode();
    }

    /** Returns the line of the node, counted from 1; 0 if it is unknown. */
    public static int line(Node node) {
        return node.getStartMark().map(mark -> mark.getLine() + 1).orElse(0);
    }

    public static List<NodeTuple> tuples(Node node) {
        return node instanceof MappingNode mapping ? mapping.getValue() : List.of();
    }

    public static List<Node> items(Node node) {
        return node instanceof SequenceNode sequence ? sequence.getValue() : List.of();
    }

    /** Returns the text of a scalar; empty for any other node. */
    public static Optional<String> text(Node node) {
        return node instanceof ScalarNode scalar ? Optional.of(scalar.getValue()) : Optional.empty();
    }

    public static Optional<Node> value(Node mapping, String key) {
        return tuples(mapping).stream()
                .filter(tuple -> text(tuple.getKeyNode()).equals(Optional.of(key)))
                .map(NodeTuple::getValueNode)
                .findFirst();
    }

    /** Returns the direct children of each such key, at any depth. */
    public static List<NodeTuple> tuplesBelow(Node node, String key) {
        List<NodeTuple> found = new ArrayList<>();
        each(node, (name, value) -> {
            if (name.equals(key)) {
                found.addAll(tuples(value));
            }
        });
        return found;
    }

    /** Returns all scalars below the node, keys included, in document order. */
    public static Stream<ScalarNode> scalars(Node node) {
        List<ScalarNode> found = new ArrayList<>();
        collect(node, found);
        return found.stream();
    }

    private static void collect(Node node, List<ScalarNode> found) {
        if (node instanceof ScalarNode scalar) {
            found.add(scalar);
        }
        items(node).forEach(item -> collect(item, found));
        tuples(node).forEach(tuple -> {
            collect(tuple.getKeyNode(), found);
            collect(tuple.getValueNode(), found);
        });
    }

    /** Visits every key with its value, at any depth. */
    public static void each(Node node, BiConsumer<String, Node> visitor) {
        items(node).forEach(item -> each(item, visitor));
        tuples(node).forEach(tuple -> {
            text(tuple.getKeyNode()).ifPresent(key -> visitor.accept(key, tuple.getValueNode()));
            each(tuple.getValueNode(), visitor);
        });
    }

    /** Returns all mappings below the node, and the node itself if it is a mapping. */
    public static Stream<Node> mappings(Node node) {
        List<Node> found = new ArrayList<>();
        if (node instanceof MappingNode) {
            found.add(node);
        }
        items(node).forEach(item -> mappings(item).forEach(found::add));
        tuples(node).forEach(tuple -> mappings(tuple.getValueNode()).forEach(found::add));
        return found.stream();
    }

    /** Returns the line of the first scalar below the node that matches. */
    public static Optional<Integer> lineOf(Node node, Predicate<String> wanted) {
        return scalars(node)
                .filter(scalar -> wanted.test(scalar.getValue()))
                .map(YamlTree::line)
                .findFirst();
    }
}
