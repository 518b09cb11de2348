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
     * @param knocks endpoints that its steps send to and that need a consumer, each with its line
     * @param runs false if the route's precondition excludes it
     */
    record Doors(RouteSet.Entry route, String from, Map<String, Integer> knocks, boolean runs) {}

    /**
     * @param inJava endpoints with a consumer in Java
     * @param wanted endpoints to which Java code sends
     */
    static List<Problem> problems(List<Doors> routes, Set<String> inJava, Set<String> wanted) {
        List<Problem> problems = new ArrayList<>();
        Map<String, Doors> answered = new HashMap<>();
        for (Doors route : routes) {
            RouteSet.Entry entry = route.route();
            if (entry.name().startsWith(RECEIVER) && !route.from().equals(PREFIX + entry.name())) {
                problems.add(entry.problem(
                        YamlTree.value(entry.node(), "id").map(YamlTree::line).orElse(entry.line()),
                        "the receiver " + entry.name() + " does not consume direct:" + entry.name(),
                        "pgsteward sends its notifications to that endpoint"));
            }
            Doors other = route.from().startsWith(PREFIX) ? answered.putIfAbsent(route.from(), route) : null;
            if (other != null || inJava.contains(route.from())) {
                String by = other == null
                        ? "pgsteward itself"
                        : "route " + other.route().name() + " at "
                                + other.route().file() + ":" + other.route().line();
                problems.add(entry.problem(fromLine(entry), route.from() + " already has a consumer: " + by, ""));
            }
        }
        Set<String> open = new HashSet<>(inJava);
        routes.stream().filter(Doors::runs).forEach(route -> open.add(route.from()));
        Set<String> all = new HashSet<>(inJava);
        all.addAll(answered.keySet());
        for (Doors route : routes) {
            route.knocks().forEach((door, line) -> {
                if (!(route.runs() ? open : all).contains(door)) {
                    problems.add(route.route().problem(line, "no route consumes " + door, hint(door, all)));
                }
            });
        }
        wanted.stream()
                .sorted()
                .filter(door -> !open.contains(door))
                .forEach(door -> problems.add(new Problem(
                        "", 0, "no route consumes " + door + ", to which pgsteward sends", "restore that route")));
        return problems;
    }

    private static int fromLine(RouteSet.Entry entry) {
        return YamlTree.value(entry.node(), "from").map(YamlTree::line).orElse(entry.line());
    }

    private static String hint(String door, Set<String> known) {
        if (known.contains(door)) {
            return "the consuming route is switched off by its precondition";
        }
        String near = Suggestions.hint(door, known);
        return near.isEmpty() ? "add a route that consumes it, or remove the step" : near;
    }
}
