package org.pgsteward.camel.lint;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.apache.camel.CamelContext;
import org.apache.camel.NoSuchBeanException;
import org.apache.camel.NoSuchEndpointException;
import org.apache.camel.NoSuchLanguageException;
import org.apache.camel.PropertyBindingException;
import org.apache.camel.ResolveEndpointFailedException;
import org.apache.camel.component.bean.MethodNotFoundException;
import org.pgsteward.model.Suggestions;
import org.snakeyaml.engine.v2.exceptions.Mark;
import org.snakeyaml.engine.v2.exceptions.MarkedYamlEngineException;

/**
 * The translation of an exception of Camel into a problem of a route or bean: a plain text with a suggestion, at the line that
 * {@link ErrorLocator} finds.
 */
final class RouteError {
    private static final Pattern NO_COMPONENT = Pattern.compile("(?s).*No component found with scheme: (\\S+).*");
    private static final Pattern OPTIONS = Pattern.compile("(?s).*Unknown parameters=\\[\\{(.+?)}].*");
    private static final Pattern NO_KEY = Pattern.compile("(?s).*Property with key \\[([^\\]]+)].*");
    private static final Pattern FIELD = Pattern.compile("Unsupported field: (\\S+)");
    private static final Pattern STEP = Pattern.compile("Unknown node id: (\\S+)");

    /** Causes of an exception that are read; a chain of causes may be a circle. */
    private static final int MOST_CAUSES = 20;

    private final CamelContext context;
    private final KnownNames known;
    private final Set<String> beans;
    private final Function<String, String> redaction;

    /**
     * @param beans the names of all beans
     * @param redaction removes secrets from the texts of exceptions
     */
    RouteError(CamelContext context, Set<String> beans, Function<String, String> redaction) {
        this.context = context;
        this.known = new KnownNames(context);
        this.beans = beans;
        this.redaction = redaction;
    }

    static String noBean(String name) {
        return "there is no bean '" + name + "'";
    }

    /** Returns the problem of the innermost known cause; without a known cause, the text of the innermost cause. */
    Problem of(RouteSet.Entry entry, Throwable thrown) {
        ErrorLocator line = new ErrorLocator(context, entry);
        List<Throwable> causes = innermostFirst(thrown);
        for (Throwable cause : causes) {
            Optional<Problem> known = known(entry, line, cause);
            if (known.isPresent()) {
                return known.get();
            }
        }
        Throwable first = causes.get(0);
        String message = first.getMessage() == null ? first.getClass().getSimpleName() : first.getMessage();
        return entry.problem(line.ofCauses(causes, message), redaction.apply(Texts.oneLine(message)), "");
    }

    private static List<Throwable> innermostFirst(Throwable thrown) {
        List<Throwable> causes = new ArrayList<>();
        for (Throwable cause = thrown; cause != null && causes.size() < MOST_CAUSES; cause = cause.getCause()) {
            causes.add(cause);
        }
        Collections.reverse(causes);
        return causes;
    }

    private Optional<Problem> known(RouteSet.Entry entry, ErrorLocator line, Throwable cause) {
        String message = String.valueOf(cause.getMessage());
        if (cause instanceof MarkedYamlEngineException marked) {
            return Optional.of(form(entry, line, marked));
        }
        Matcher key = NO_KEY.matcher(message);
        if (key.matches()) {
            return Optional.of(entry.problem(
                    line.ofName(key.group(1)),
                    "there is no setting " + key.group(1),
                    "set " + Placeholders.variable(key.group(1)) + ", or write a default: {{" + key.group(1)
                            + ":value}}"));
        }
        if (cause instanceof ResolveEndpointFailedException endpoint) {
            return endpoint(entry, line, endpoint, message);
        }
        if (cause instanceof NoSuchEndpointException endpoint) {
            return Optional.of(component(entry, line, endpoint.getUri(), ErrorLocator.scheme(endpoint.getUri())));
        }
        if (cause instanceof PropertyBindingException property
                && property.getCause() == null
                && property.getPropertyName() != null) {
            String name = property.getPropertyName();
            return Optional.of(entry.problem(
                    line.ofKey(name).orElse(entry.line()),
                    "'" + entry.name() + "' has no property '" + name + "'",
                    Suggestions.hint(name, KnownNames.properties(property.getTarget()))));
        }
        if (cause instanceof NoSuchBeanException bean) {
            return Optional.of(entry.problem(
                    line.ofName(bean.getName()), noBean(bean.getName()), Suggestions.hint(bean.getName(), beans)));
        }
        if (cause instanceof MethodNotFoundException method) {
            String name = method.getMethodName().replaceFirst("\\(.*", "");
            return Optional.of(entry.problem(
                    line.ofName(name),
                    "the bean has no method '" + name + "'",
                    Suggestions.hint(name, KnownNames.methods(method.getBean()))));
        }
        if (cause instanceof NoSuchLanguageException language) {
            return Optional.of(entry.problem(
                    line.ofName(language.getLanguage()), "there is no language '" + language.getLanguage() + "'", ""));
        }
        if (cause instanceof ClassNotFoundException) {
            String name = message.replaceFirst("#class:", "");
            return Optional.of(entry.problem(line.ofName(name), "there is no class " + name, "is its jar in lib/ext?"));
        }
        return Optional.empty();
    }

    private Problem form(RouteSet.Entry entry, ErrorLocator line, MarkedYamlEngineException marked) {
        int marker = marked.getProblemMark().map(mark -> mark.getLine() + 1).orElse(entry.line());
        String problem = Texts.oneLine(marked.getProblem());
        Matcher step = STEP.matcher(problem);
        if (step.matches()) {
            String name = step.group(1);
            return entry.problem(
                    line.ofKey(name).orElse(marker),
                    "there is no step '" + name + "'",
                    Suggestions.hint(name, KnownNames.STEPS));
        }
        Matcher field = FIELD.matcher(problem);
        if (field.matches()) {
            String name = field.group(1);
            int mark = marked.getProblemMark().map(Mark::getIndex).orElse(-1);
            return entry.problem(
                    line.ofField(name, mark).orElse(marker),
                    "'" + name + "' is unknown here",
                    "check its spelling and its indentation");
        }
        return entry.problem(marker, redaction.apply(problem), "");
    }

    private Optional<Problem> endpoint(
            RouteSet.Entry entry, ErrorLocator line, ResolveEndpointFailedException endpoint, String message) {
        Matcher component = NO_COMPONENT.matcher(message);
        return component.matches()
                ? Optional.of(component(entry, line, endpoint.getUri(), component.group(1)))
                : options(entry, line, endpoint, message);
    }

    private Problem component(RouteSet.Entry entry, ErrorLocator line, String uri, String scheme) {
        String hint = Suggestions.hint(scheme, known.components());
        return entry.problem(
                line.ofUri(uri).orElse(entry.line()),
                "unknown component '" + scheme + "'",
                hint.isEmpty() ? "is the jar of camel-" + scheme + " in lib/ext?" : hint);
    }

    private Optional<Problem> options(
            RouteSet.Entry entry, ErrorLocator line, ResolveEndpointFailedException endpoint, String message) {
        Matcher options = OPTIONS.matcher(message);
        if (!options.matches()) {
            return Optional.empty();
        }
        String option = options.group(1).replaceFirst("=.*", "");
        String scheme = ErrorLocator.scheme(endpoint.getUri());
        return Optional.of(entry.problem(
                line.ofKey(option).or(() -> line.ofTextWith(option + "=")).orElse(entry.line()),
                scheme + " has no option '" + option + "'",
                Suggestions.hint(option, known.options(scheme))));
    }
}
