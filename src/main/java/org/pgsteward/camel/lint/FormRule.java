package org.pgsteward.camel.lint;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;

/** What is wrong with route files by the look of them, without Camel. Pure, and a matter of milliseconds. */
public final class FormRule {
    private FormRule() {}

    /** Code that the files bring along: nothing of them is built then. */
    public static List<Problem> code(RouteSet set, Map<String, String> settings) {
        return CodeRule.problems(set, BeanTypes.of(settings), settings);
    }

    /** @param settings the values of placeholders, and the types that an operator lists */
    public static List<Problem> problems(RouteFiles files, Map<String, String> settings) {
        return problems(RouteSet.of(files), settings, Set.of(), Set.of());
    }

    /**
     * @param settings the values of placeholders, and the types that an operator lists
     * @param ourBeans names that no file may take
     * @param ourRoutes ids that no file may take
     */
    static List<Problem> problems(
            RouteSet set, Map<String, String> settings, Set<String> ourBeans, Set<String> ourRoutes) {
        List<Problem> problems = new ArrayList<>(set.problems());
        problems.addAll(ThresholdRule.problems(set.thresholds(), settings));
        problems.addAll(code(set, settings));
        if (set.routes().isEmpty() && problems.isEmpty()) {
            problems.add(new Problem("", 0, "there is no route at all", "is the folder the right one, and mounted?"));
        }
        Stream.concat(set.routes().values().stream(), set.beans().values().stream())
                .forEach(entry -> problems.addAll(ClearSecretRule.problems(entry)));
        set.beans().values().stream()
                .filter(entry -> ourBeans.contains(entry.name()))
                .forEach(entry -> problems.add(entry.problem(
                        entry.line(),
                        "'" + entry.name() + "' is a bean of pgsteward itself",
                        "give yours another name")));
        set.routes().values().stream()
                .filter(entry -> ourRoutes.contains(entry.name()))
                .forEach(entry -> problems.add(entry.problem(
                        entry.line(),
                        "'" + entry.name() + "' is a route of pgsteward itself",
                        "give yours another id")));
        return problems;
    }
}
