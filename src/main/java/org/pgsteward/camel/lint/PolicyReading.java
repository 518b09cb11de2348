package org.pgsteward.camel.lint;

import java.util.Map;
import java.util.Optional;
import java.util.regex.MatchResult;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.pgsteward.backup.retention.ServicePolicies;
import org.pgsteward.io.YamlTree;
import org.snakeyaml.engine.v2.nodes.ScalarNode;

/** Reads the retention policies from the route files, without a running route. */
public final class PolicyReading {
    /** The step that removes backups, with the name of the policies' bean. */
    private static final Pattern PRUNE = Pattern.compile("prune\\(\\$\\{ref:([^}]+)}\\)");

    private PolicyReading() {}

    /**
     * Returns the policies that the route of retention uses; empty if no route removes backups.
     *
     * @param settings values of placeholders
     * @throws IllegalArgumentException if a policy cannot be parsed, or its bean is missing
     */
    public static Optional<ServicePolicies> of(RouteFiles files, Map<String, String> settings) {
        RouteSet set = RouteSet.of(files);
        Optional<String> name = set.routes().values().stream()
                .flatMap(route -> YamlTree.scalars(route.node()))
                .map(ScalarNode::getValue)
                .map(PRUNE::matcher)
                .flatMap(Matcher::results)
                .map((MatchResult found) -> found.group(1))
                .findFirst();
        if (name.isEmpty()) {
            return Optional.empty();
        }
        RouteSet.Entry bean = set.beans().get(name.get());
        if (bean == null) {
            throw new IllegalArgumentException("no route file has the bean '" + name.get() + "' of the retention");
        }
        try (Scratch scratch = new Scratch(settings, Map.of())) {
            Exception failure = new RouteModel(scratch.context)
                    .beans(java.util.List.of(bean))
                    .get(name.get());
            if (failure != null) {
                throw new IllegalArgumentException(bean.file() + ": " + rootMessage(failure));
            }
            return Optional.ofNullable(
                    scratch.context.getRegistry().lookupByNameAndType(name.get(), ServicePolicies.class));
        }
    }

    private static String rootMessage(Throwable thrown) {
        Throwable cause = thrown;
        while (cause.getCause() != null) {
            cause = cause.getCause();
        }
        return String.valueOf(cause.getMessage());
    }
}
