package org.pgsteward.camel.lint;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.apache.camel.CamelContext;
import org.apache.camel.FailedToCreateRouteException;
import org.apache.camel.PropertyBindingException;
import org.apache.camel.ResolveEndpointFailedException;
import org.jspecify.annotations.Nullable;
import org.pgsteward.io.YamlTree;
import org.snakeyaml.engine.v2.nodes.Node;
import org.snakeyaml.engine.v2.nodes.NodeTuple;

/**
 * The search for the line of a route or bean that an exception is about. Most exceptions of Camel have no line number, so the
 * search compares their texts with the YAML of the entry.
 */
final class ErrorLocator {
    private static final Pattern QUOTED = Pattern.compile("['\"\\[<]([^'\"\\[\\]<>]{2,})['\"\\]>]");

    /** Characters; shorter texts occur in messages by chance. */
    private static final int SHORT = 4;

    private final CamelContext context;
    private final RouteSet.Entry entry;

    ErrorLocator(CamelContext context, RouteSet.Entry entry) {
        this.context = context;
        this.entry = entry;
    }

    /** Returns the line of the first key with this name. */
    Optional<Integer> ofKey(@Nullable String key) {
        return key == null
                ? Optional.empty()
                : keys(key).map(ErrorLocator::line).findFirst();
    }

    /**
     * Returns the line of a key that the YAML reader does not know.
     *
     * @param mark of the reader: the beginning of the value, which may be on the next line, or of the mapping around the key
     */
    Optional<Integer> ofField(String key, int mark) {
        return keys(key)
                .filter(tuple -> begins(tuple.getValueNode(), mark))
                .map(ErrorLocator::line)
                .findFirst()
                .or(() -> YamlTree.mappings(entry.node())
                        .filter(mapping -> begins(mapping, mark))
                        .flatMap(mapping -> YamlTree.tuples(mapping).stream())
                        .filter(tuple -> YamlTree.text(tuple.getKeyNode()).equals(Optional.of(key)))
                        .map(ErrorLocator::line)
                        .findFirst());
    }

    /** Returns the line of a name that is a text of its own, or else a word or another part of a text. */
    int ofName(String name) {
        return ofText(name)
                .or(() -> YamlTree.lineOf(entry.node(), text -> Texts.contains(text, name)))
                .or(() -> ofTextWith(name))
                .orElse(entry.line());
    }

    /** Returns the line of the first text that contains this part. */
    Optional<Integer> ofTextWith(String part) {
        return YamlTree.lineOf(entry.node(), text -> text.contains(part));
    }

    /** Returns the line of an endpoint. Its URI in the YAML may have placeholders, or its options in another place. */
    Optional<Integer> ofUri(String uri) {
        String bare = bare(uri);
        return YamlTree.lineOf(entry.node(), text -> bare(resolved(text)).equals(bare))
                .or(() -> YamlTree.lineOf(entry.node(), text -> text.startsWith(scheme(uri) + ":")))
                .or(() -> ofText(scheme(uri)));
    }

    /**
     * Returns the line that the texts of unknown exceptions suggest; the first line of the entry if they suggest none.
     *
     * @param causes the innermost first
     * @param message of the innermost exception
     */
    int ofCauses(List<Throwable> causes, String message) {
        return causes.stream()
                .filter(PropertyBindingException.class::isInstance)
                .map(PropertyBindingException.class::cast)
                .flatMap(e -> ofKey(e.getPropertyName()).stream())
                .findFirst()
                .or(() -> ofEndpoint(causes, message))
                .or(() -> ofQuotation(message))
                .or(() -> ofLongestText(causes))
                .orElse(entry.line());
    }

    private Optional<Integer> ofEndpoint(List<Throwable> causes, String message) {
        Optional<Integer> option = Stream.of("parameters", "properties")
                .flatMap(key -> YamlTree.tuplesBelow(entry.node(), key).stream())
                .filter(tuple -> YamlTree.text(tuple.getKeyNode())
                        .filter(key -> Texts.contains(message, key))
                        .isPresent())
                .map(ErrorLocator::line)
                .findFirst();
        return option.or(() -> causes.stream()
                .filter(ResolveEndpointFailedException.class::isInstance)
                .map(ResolveEndpointFailedException.class::cast)
                .flatMap(e -> ofUri(e.getUri()).stream())
                .findFirst());
    }

    private Optional<Integer> ofQuotation(String message) {
        Matcher words = QUOTED.matcher(message);
        while (words.find()) {
            String word = words.group(1).strip();
            Optional<Integer> line = ofText(word).or(() -> ofTextWith(word));
            if (line.isPresent()) {
                return line;
            }
        }
        return Optional.empty();
    }

    /** Leaves out the exception that quotes the whole route. */
    private Optional<Integer> ofLongestText(List<Throwable> causes) {
        String messages = causes.stream()
                .filter(cause -> !(cause instanceof FailedToCreateRouteException))
                .map(cause -> String.valueOf(cause.getMessage()))
                .collect(Collectors.joining("\n"));
        return YamlTree.scalars(entry.node())
                .filter(scalar -> scalar.getValue().length() > SHORT && messages.contains(scalar.getValue()))
                .max(Comparator.comparingInt(scalar -> scalar.getValue().length()))
                .map(YamlTree::line);
    }

    private Optional<Integer> ofText(String exact) {
        return YamlTree.lineOf(entry.node(), exact::equals);
    }

    private Stream<NodeTuple> keys(String key) {
        List<NodeTuple> found = new ArrayList<>();
        collect(entry.node(), key, found);
        return found.stream();
    }

    private static void collect(Node node, String key, List<NodeTuple> found) {
        YamlTree.items(node).forEach(item -> collect(item, key, found));
        for (NodeTuple tuple : YamlTree.tuples(node)) {
            if (YamlTree.text(tuple.getKeyNode()).equals(Optional.of(key))) {
                found.add(tuple);
            }
            collect(tuple.getValueNode(), key, found);
        }
    }

    private static int line(NodeTuple tuple) {
        return YamlTree.line(tuple.getKeyNode());
    }

    private static boolean begins(Node node, int index) {
        return node.getStartMark().filter(mark -> mark.getIndex() == index).isPresent();
    }

    private String resolved(String text) {
        try {
            return context.resolvePropertyPlaceholders(text);
        } catch (RuntimeException unresolved) {
            return text;
        }
    }

    private static String bare(String uri) {
        return uri.replaceFirst("(?s)\\?.*", "").replaceFirst("^([a-z0-9+-]+):/*", "$1:");
    }

    /** Returns the name of the component in a URI. */
    static String scheme(String uri) {
        return uri.replaceFirst("(?s):.*", "");
    }
}
