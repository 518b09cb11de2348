package org.pgsteward.camel.lint;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.pgsteward.io.YamlTree;
import org.pgsteward.model.Suggestions;

/** Check that every {@code direct:} endpoint with a sender has a consuming route, and only one. Pure. */
final class EndpointRule {
    private static final String PREFIX = "direct:";
    private static final String RECEIVER = "receiver-";

    private EndpointRule() {}

    /**
     * Endpoints of a route.
     *
     * @param from address of the consumer, without options
     * @param targets endpoints that its steps send to and that need a consumer, each with its line
     * @param runs false if the route's precondition excludes it
     */
    record RouteEndpoints(RouteSet.Entry route, String from, Map<String, Integer> targets, boolean runs) {}

    /**
     * @param inJava endpoints with a consumer in Java
     * @param wanted endpoints to which Java code sends
     */
    static List<Problem> problems(List<RouteEndpoints> routes, Set<String> inJava, Set<String> wanted) {
        List<Problem> problems = new ArrayList<>();
        Map<String, RouteEndpoints> answered = new HashMap<>();
        for (RouteEndpoints route : routes) {
            RouteSet.Entry entry = route.route();
            if (entry.name().startsWith(RECEIVER) && !route.from().equals(PREFIX + entry.name())) {
                problems.add(entry.problem(
                        YamlTree.value(entry.node(), "id").map(YamlTree::line).orElse(entry.line()),
                        "the receiver " + entry.name() + " does not consume direct:" + entry.name(),
                        "pgsteward sends its notifications to that endpoint"));
            }
            RouteEndpoints other = route.from().startsWith(PREFIX) ? answered.putIfAbsent(route.from(), route) : null;
            if (other != null || inJava.contains(route.from())) {
                String by = other == null
                        ? "pgsteward itself"
                        : "route " + other.route().name() + " at "
                                + other.route().file() + ":" + other.route().line();
                problems.add(entry.problem(fromLine(entry), route.from() + " already has a consumer: " + by, ""));
            }
        }
        Set<String> open = new HashSet<>(inJava);
        routes.stream().filter(RouteEndpoints::runs).forEach(route -> open.add(route.from()));
        Set<String> all = new HashSet<>(inJava);
        all.addAll(answered.keySet());
        for (RouteEndpoints route : routes) {
            route.targets().forEach((endpoint, line) -> {
                if (!(route.runs() ? open : all).contains(endpoint)) {
                    problems.add(route.route().problem(line, "no route consumes " + endpoint, hint(endpoint, all)));
                }
            });
        }
        wanted.stream()
                .sorted()
                .filter(endpoint -> !open.contains(endpoint))
                .forEach(endpoint -> problems.add(new Problem(
                        "", 0, "no route consumes " + endpoint + ", to which pgsteward sends", "restore that route")));
        return problems;
    }

    private static int fromLine(RouteSet.Entry entry) {
        return YamlTree.value(entry.node(), "from").map(YamlTree::line).orElse(entry.line());
    }

    private static String hint(String endpoint, Set<String> known) {
        if (known.contains(endpoint)) {
            return "the consuming route is switched off by its precondition";
        }
        String near = Suggestions.hint(endpoint, known);
        return near.isEmpty() ? "add a route that consumes it, or remove the step" : near;
    }
}
