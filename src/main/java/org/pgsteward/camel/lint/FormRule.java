package org.pgsteward.camel.lint;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;

/** Checks of route files by their text, without Camel. Pure, and a matter of milliseconds. */
public final class FormRule {
    private FormRule() {}

    /** Returns the code found in the files. If there is any, no object is built from them. */
    public static List<Problem> code(RouteSet set, Map<String, String> settings) {
        return CodeRule.problems(set, BeanTypes.of(settings), settings);
    }

    /** @param settings values of placeholders, and the types that the operator lists */
    public static List<Problem> problems(RouteFiles files, Map<String, String> settings) {
        return problems(RouteSet.of(files), settings, Set.of(), Set.of());
    }

    /**
     * @param settings values of placeholders, and the types that the operator lists
     * @param ourBeans reserved names of beans
     * @param ourRoutes reserved ids of routes
     */
    static List<Problem> problems(
            RouteSet set, Map<String, String> settings, Set<String> ourBeans, Set<String> ourRoutes) {
        List<Problem> problems = new ArrayList<>(set.problems());
        problems.addAll(ThresholdRule.problems(set.thresholds(), settings));
        problems.addAll(code(set, settings));
        if (set.routes().isEmpty() && problems.isEmpty()) {
            problems.add(
                    new Problem("", 0, "the route files have no route", "is the folder correct, and is it mounted?"));
        }
        Stream.concat(set.routes().values().stream(), set.beans().values().stream())
                .forEach(entry -> problems.addAll(ClearSecretRule.problems(entry)));
        set.beans().values().stream()
                .filter(entry -> ourBeans.contains(entry.name()))
                .forEach(entry -> problems.add(entry.problem(
                        entry.line(), "'" + entry.name() + "' is a bean of pgsteward itself", "choose another name")));
        set.routes().values().stream()
                .filter(entry -> ourRoutes.contains(entry.name()))
                .forEach(entry -> problems.add(entry.problem(
                        entry.line(), "'" + entry.name() + "' is a route of pgsteward itself", "choose another id")));
        return problems;
    }
}
