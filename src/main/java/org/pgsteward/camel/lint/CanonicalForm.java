package org.pgsteward.camel.lint;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashSet;
import java.util.Set;
import org.pgsteward.io.YamlTree;
import org.snakeyaml.engine.v2.nodes.Node;
import org.snakeyaml.engine.v2.nodes.NodeTuple;
import org.snakeyaml.engine.v2.nodes.ScalarNode;

/** Canonical form of a piece of YAML: without comments, descriptions and layout. */
final class CanonicalForm {
    private static final Set<String> WORDS = Set.of("description", "note");

    /** Keys below which operators choose the names, so that every key counts. */
    private static final Set<String> OWN_NAMES = Set.of("parameters", "properties", "constructors", "values");

    private static final int DEEPEST = 60;
    private static final int LONGEST = 1 << 20;

    private final StringBuilder text = new StringBuilder();
    private final Deque<Node> path = new ArrayDeque<>();

    private CanonicalForm() {}

    /** @throws Unreadable if the node contains itself, is nested too deeply, or grows too large by repeated aliases */
    static String of(Node node) throws Unreadable {
        CanonicalForm meaning = new CanonicalForm();
        meaning.write(node, false);
        return meaning.text.toString();
    }

    static final class Unreadable extends Exception {
        private static final long serialVersionUID = 1;
        private final int line;

        Unreadable(String message, int line) {
            super(message);
            this.line = line;
        }

        int line() {
            return line;
        }
    }

    private void write(Node node, boolean ownNames) throws Unreadable {
        if (path.size() > DEEPEST || text.length() > LONGEST || path.contains(node)) {
            throw new Unreadable("YAML is nested too deeply here, or aliases make it too large", YamlTree.line(node));
        }
        path.push(node);
        if (node instanceof ScalarNode scalar) {
            text.append('"').append(scalar.getValue().replace("\"", "\\\"")).append('"');
        }
        for (Node item : YamlTree.items(node)) {
            text.append('-');
            write(item, false);
        }
        Set<String> keys = new HashSet<>();
        for (NodeTuple tuple : YamlTree.tuples(node)) {
            String key = YamlTree.text(tuple.getKeyNode()).orElse("?");
            if (!keys.add(key)) {
                throw new Unreadable("duplicate key '" + key + "'", YamlTree.line(tuple.getKeyNode()));
            }
            if (ownNames || !WORDS.contains(key)) {
                text.append('{').append(key).append(':');
                write(tuple.getValueNode(), OWN_NAMES.contains(key));
                text.append('}');
            } else if (path.size() > DEEPEST
                    || YamlTree.text(tuple.getValueNode()).isEmpty()) {
                throw new Unreadable("'" + key + "' is not a text", YamlTree.line(tuple.getValueNode()));
            }
        }
        path.pop();
    }
}
