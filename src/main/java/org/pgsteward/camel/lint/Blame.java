package org.pgsteward.camel.lint;

import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.apache.camel.CamelContext;
import org.apache.camel.FailedToCreateRouteException;
import org.apache.camel.NoSuchBeanException;
import org.apache.camel.NoSuchEndpointException;
import org.apache.camel.NoSuchLanguageException;
import org.apache.camel.PropertyBindingException;
import org.apache.camel.ResolveEndpointFailedException;
import org.apache.camel.component.bean.MethodNotFoundException;
import org.pgsteward.io.YamlTree;
import org.pgsteward.model.Nearest;
import org.snakeyaml.engine.v2.exceptions.Mark;
import org.snakeyaml.engine.v2.exceptions.MarkedYamlEngineException;
import org.snakeyaml.engine.v2.nodes.Node;
import org.snakeyaml.engine.v2.nodes.NodeTuple;

/** Says what Camel said of a route or bean in words, with the line that it is about, which Camel mostly does not know. */
final class Blame {
    private static final Pattern NO_COMPONENT = Pattern.compile("(?s).*No component found with scheme: (\\S+).*");
    private static final Pattern OPTIONS = Pattern.compile("(?s).*Unknown parameters=\\[\\{(.+?)}].*");
    private static final Pattern NO_KEY = Pattern.compile("(?s).*Property with key \\[([^\\]]+)].*");
    private static final Pattern FIELD = Pattern.compile("Unsupported field: (\\S+)");
    private static final Pattern STEP = Pattern.compile("Unknown node id: (\\S+)");
    private static final Pattern QUOTED = Pattern.compile("['\"\\[<]([^'\"\\[\\]<>]{2,})['\"\\]>]");

    private final CamelContext context;
    private final KnownNames known;
    private final Set<String> beans;
    private final Function<String, String> redaction;

    /**
     * @param beans the names of all there are
     * @param redaction takes secrets out of what an exception quotes
     */
    Blame(CamelContext context, Set<String> beans, Function<String, String> redaction) {
        this.context = context;
        this.known = new KnownNames(context);
        this.beans = beans;
        this.redaction = redaction;
    }

    static String noBean(String name) {
        return "there is no bean '" + name + "'";
    }

    Problem of(RouteSet.Entry entry, Throwable thrown) {
        List<Throwable> causes = causes(thrown);
        for (Throwable cause : causes) {
            Optional<Problem> known = known(entry, cause);
            if (known.isPresent()) {
                return known.get();
            }
        }
        Throwable first = causes.get(0);
        String message = first.getMessage() == null ? first.getClass().getSimpleName() : first.getMessage();
        int line = causes.stream()
                .filter(PropertyBindingException.class::isInstance)
                .map(PropertyBindingException.class::cast)
                .flatMap(e -> keyLine(entry, e.getPropertyName()).stream())
                .findFirst()
                .or(() -> endpointLine(entry, causes, message))
                .or(() -> quoted(entry, message))
                .or(() -> longest(entry, causes))
                .orElse(entry.line());
        return entry.problem(line, redaction.apply(Words.oneLine(message)), "");
    }

    /** The first cause of all comes first. */
    private static List<Throwable> causes(Throwable thrown) {
        List<Throwable> causes = new ArrayList<>();
        for (Throwable cause = thrown; cause != null && causes.size() < 20; cause = cause.getCause()) {
            causes.add(cause);
        }
        Collections.reverse(causes);
        return causes;
    }

    private Optional<Problem> known(RouteSet.Entry entry, Throwable cause) {
        String message = String.valueOf(cause.getMessage());
        if (cause instanceof MarkedYamlEngineException marked) {
            return Optional.of(form(entry, marked));
        }
        Matcher key = NO_KEY.matcher(message);
        if (key.matches()) {
            return Optional.of(entry.problem(
                    line(entry, key.group(1)),
                    "there is no setting " + key.group(1),
                    "set " + Placeholders.variable(key.group(1)) + ", or give a value for when it is" + " not: {{"
                            + key.group(1) + ":value}}"));
        }
        if (cause instanceof ResolveEndpointFailedException endpoint) {
            return endpoint(entry, endpoint, message);
        }
        if (cause instanceof NoSuchEndpointException endpoint) {
            return Optional.of(component(entry, endpoint.getUri(), scheme(endpoint.getUri())));
        }
        if (cause instanceof PropertyBindingException property
                && property.getCause() == null
                && property.getPropertyName() != null) {
            String name = property.getPropertyName();
            return Optional.of(entry.problem(
                    keyLine(entry, name).orElse(entry.line()),
                    "'" + entry.name() + "' has no property '" + name + "'",
                    Nearest.hint(name, KnownNames.properties(property.getTarget()))));
        }
        if (cause instanceof NoSuchBeanException bean) {
            return Optional.of(entry.problem(
                    line(entry, bean.getName()), noBean(bean.getName()), Nearest.hint(bean.getName(), beans)));
        }
        if (cause instanceof MethodNotFoundException method) {
            String name = method.getMethodName().replaceFirst("\\(.*", "");
            return Optional.of(entry.problem(
                    line(entry, name),
                    "the bean has no method '" + name + "'",
                    Nearest.hint(name, KnownNames.methods(method.getBean()))));
        }
        if (cause instanceof NoSuchLanguageException language) {
            return Optional.of(entry.problem(
                    line(entry, language.getLanguage()), "there is no language '" + language.getLanguage() + "'", ""));
        }
        if (cause instanceof ClassNotFoundException) {
            String name = message.replaceFirst("#class:", "");
            return Optional.of(entry.problem(line(entry, name), "there is no class " + name, "is its jar in lib/ext?"));
        }
        return Optional.empty();
    }

    private Problem form(RouteSet.Entry entry, MarkedYamlEngineException marked) {
        int line = marked.getProblemMark().map(mark -> mark.getLine() + 1).orElse(entry.line());
        String problem = Words.oneLine(marked.getProblem());
        Matcher step = STEP.matcher(problem);
        if (step.matches()) {
            String name = step.group(1);
            return entry.problem(
                    keyLine(entry, name).orElse(line),
                    "there is no step '" + name + "'",
                    Nearest.hint(name, KnownNames.STEPS));
        }
        Matcher field = FIELD.matcher(problem);
        if (field.matches()) {
            String name = field.group(1);
            // The mark is the value's, which may stand on the next line, or that of all around it.
            int begin = marked.getProblemMark().map(Mark::getIndex).orElse(-1);
            int at = keys(entry.node(), name)
                    .filter(tuple -> begins(tuple.getValueNode(), begin))
                    .map(tuple -> YamlTree.line(tuple.getKeyNode()))
                    .findFirst()
                    .or(() -> YamlTree.mappings(entry.node())
                            .filter(mapping -> begins(mapping, begin))
                            .flatMap(mapping -> YamlTree.tuples(mapping).stream())
                            .filter(tuple -> YamlTree.text(tuple.getKeyNode()).equals(Optional.of(name)))
                            .map(tuple -> YamlTree.line(tuple.getKeyNode()))
                            .findFirst())
                    .orElse(line);
            return entry.problem(at, "'" + name + "' is not known here", "look at its spelling and its indentation");
        }
        return entry.problem(line, redaction.apply(problem), "");
    }

    private static boolean begins(Node node, int index) {
        return node.getStartMark().filter(mark -> mark.getIndex() == index).isPresent();
    }

    private Optional<Problem> endpoint(RouteSet.Entry entry, ResolveEndpointFailedException endpoint, String message) {
        Matcher component = NO_COMPONENT.matcher(message);
        return component.matches()
                ? Optional.of(component(entry, endpoint.getUri(), component.group(1)))
                : options(entry, endpoint, message);
    }

    private Problem component(RouteSet.Entry entry, String uri, String scheme) {
        String hint = Nearest.hint(scheme, known.components());
        return entry.problem(
                uriLine(entry, uri).orElse(entry.line()),
                "unknown component '" + scheme + "'",
                hint.isEmpty() ? "is the jar of camel-" + scheme + " in lib/ext?" : hint);
    }

    private Optional<Problem> options(RouteSet.Entry entry, ResolveEndpointFailedException endpoint, String message) {
        Matcher options = OPTIONS.matcher(message);
        if (!options.matches()) {
            return Optional.empty();
        }
        String option = options.group(1).replaceFirst("=.*", "");
        String scheme = scheme(endpoint.getUri());
        return Optional.of(entry.problem(
                keyLine(entry, option)
                        .or(() -> YamlTree.lineOf(entry.node(), text -> text.contains(option + "=")))
                        .orElse(entry.line()),
                scheme + " has no option '" + option + "'",
                Nearest.hint(option, known.options(scheme))));
    }

    private static String scheme(String uri) {
        return uri.replaceFirst("(?s):.*", "");
    }

    private static Stream<NodeTuple> keys(Node node, String key) {
        List<NodeTuple> found = new ArrayList<>();
        collect(node, key, found);
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

    private static Optional<Integer> keyLine(RouteSet.Entry entry, @org.jspecify.annotations.Nullable String key) {
        return key == null
                ? Optional.empty()
                : keys(entry.node(), key)
                        .map(tuple -> YamlTree.line(tuple.getKeyNode()))
                        .findFirst();
    }

    /** Where a name stands: by itself, else within something. */
    private static int line(RouteSet.Entry entry, String name) {
        return YamlTree.lineOf(entry.node(), name::equals)
                .or(() -> YamlTree.lineOf(entry.node(), text -> Words.contains(text, name)))
                .or(() -> YamlTree.lineOf(entry.node(), text -> text.contains(name)))
                .orElse(entry.line());
    }

    private Optional<Integer> endpointLine(RouteSet.Entry entry, List<Throwable> causes, String message) {
        Optional<Integer> option = Stream.of("parameters", "properties")
                .flatMap(key -> YamlTree.tuplesBelow(entry.node(), key).stream())
                .filter(tuple -> YamlTree.text(tuple.getKeyNode())
                        .filter(key -> Words.contains(message, key))
                        .isPresent())
                .map(tuple -> YamlTree.line(tuple.getKeyNode()))
                .findFirst();
        return option.or(() -> causes.stream()
                .filter(ResolveEndpointFailedException.class::isInstance)
                .map(ResolveEndpointFailedException.class::cast)
                .flatMap(e -> uriLine(entry, e.getUri()).stream())
                .findFirst());
    }

    /** The address as it is written may hold placeholders, and its options may stand elsewhere. */
    private Optional<Integer> uriLine(RouteSet.Entry entry, String uri) {
        String bare = bare(uri);
        return YamlTree.lineOf(entry.node(), text -> bare(resolved(text)).equals(bare))
                .or(() -> YamlTree.lineOf(entry.node(), text -> text.startsWith(scheme(uri) + ":")))
                .or(() -> YamlTree.lineOf(entry.node(), text -> text.equals(scheme(uri))));
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

    private static Optional<Integer> quoted(RouteSet.Entry entry, String message) {
        Matcher words = QUOTED.matcher(message);
        while (words.find()) {
            String word = words.group(1).strip();
            Optional<Integer> line = YamlTree.lineOf(entry.node(), text -> text.equals(word))
                    .or(() -> YamlTree.lineOf(entry.node(), text -> text.contains(word)));
            if (line.isPresent()) {
                return line;
            }
        }
        return Optional.empty();
    }

    /** The longest text of the route that the causes quote, but for the one that quotes all of the route. */
    private static Optional<Integer> longest(RouteSet.Entry entry, List<Throwable> causes) {
        String said = causes.stream()
                .filter(cause -> !(cause instanceof FailedToCreateRouteException))
                .map(cause -> String.valueOf(cause.getMessage()))
                .collect(Collectors.joining("\n"));
        return YamlTree.scalars(entry.node())
                .filter(scalar -> scalar.getValue().length() > 4 && said.contains(scalar.getValue()))
                .max(Comparator.comparingInt(scalar -> scalar.getValue().length()))
                .map(YamlTree::line);
    }
}
