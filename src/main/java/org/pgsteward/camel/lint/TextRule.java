package org.pgsteward.camel.lint;

import java.util.Map;
import java.util.Set;
import java.util.function.BiConsumer;
import java.util.function.Predicate;
import org.pgsteward.camel.lint.ExpressionRule.Refusal;
import org.pgsteward.io.YamlTree;
import org.snakeyaml.engine.v2.nodes.Node;

/** Check of every text of a route or a bean, at any place, in each form in which Camel may see it. Pure. */
final class TextRule {
    /** Keys with text for people or with expressions. A number sign at their start is not a reference. */
    private static final Set<String> TEXTS = Set.of(
            "constant",
            "description",
            "expression",
            "id",
            "jq",
            "jsonpath",
            "log",
            "message",
            "name",
            "note",
            "pattern",
            "simple",
            "token",
            "tokenize",
            "xpath");

    private final Map<String, String> settings;
    private final Predicate<String> mayCall;
    private final BiConsumer<Node, Refusal> refuse;

    private TextRule(Map<String, String> settings, Predicate<String> mayCall, BiConsumer<Node, Refusal> refuse) {
        this.settings = settings;
        this.mayCall = mayCall;
        this.refuse = refuse;
    }

    /**
     * @param settings the known values of placeholders
     * @param mayCall decides by a bean's name
     * @param refuse takes each refused node with the reason
     */
    static void look(
            Node node, Map<String, String> settings, Predicate<String> mayCall, BiConsumer<Node, Refusal> refuse) {
        new TextRule(settings, mayCall, refuse).texts(node, false);
    }

    /** @param areValues whether all texts below are given to options, setters or constructors */
    private void texts(Node node, boolean areValues) {
        text(node, areValues);
        YamlTree.items(node).forEach(item -> texts(item, areValues));
        YamlTree.tuples(node).forEach(tuple -> {
            text(tuple.getKeyNode(), false);
            String key = CodeRule.camelCase(YamlTree.text(tuple.getKeyNode()).orElse(""));
            Node value = tuple.getValueNode();
            boolean given = areValues || CodeRule.NAMED_FREELY.contains(key) || key.equals("constructors");
            if (YamlTree.text(value).isPresent()) {
                text(value, given || !TEXTS.contains(key));
            } else {
                texts(value, given);
            }
        });
    }

    private void text(Node node, boolean isValue) {
        String text = YamlTree.text(node).orElse("");
        Decoded decoded = Decoded.of(text, settings);
        for (String form : decoded.forms()) {
            if (form.strip().startsWith("resource:")) {
                refuse.accept(
                        node,
                        new Refusal(
                                "an expression must not come from a resource: " + Texts.oneLine(text),
                                "write it into the route file"));
            }
            ExpressionRule.refusal(form, settings, mayCall).ifPresent(refusal -> refuse.accept(node, refusal));
        }
        ReferenceRule.refusal(text, decoded, isValue).ifPresent(refusal -> refuse.accept(node, refusal));
    }
}
