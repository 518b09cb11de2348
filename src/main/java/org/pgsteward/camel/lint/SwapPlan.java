package org.pgsteward.camel.lint;

import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;

/**
 * What of the running routes and beans is to be made anew, and what goes: what is the same in both sets stays untouched.
 *
 * @param beans to be made, in the order of the files
 * @param lostBeans that are no more
 * @param routes to be started, those among them that run in another form
 * @param lostRoutes that are no more
 */
public record SwapPlan(Set<String> beans, Set<String> lostBeans, Set<String> routes, Set<String> lostRoutes) {

    /**
     * @param before what is in force
     * @param after what is to be in force
     */
    public static SwapPlan of(RouteSet before, RouteSet after) {
        Set<String> lostBeans = lost(before.beans(), after.beans());
        Set<String> beans = changed(before.beans(), after.beans());
        // Who holds a bean that is made anew would go on with the old one.
        Set<String> spread = new TreeSet<>(beans);
        spread.addAll(lostBeans);
        for (int size = -1; size != spread.size(); ) {
            size = spread.size();
            after.beans().forEach((name, entry) -> {
                if (spread.stream().anyMatch(other -> !other.equals(name) && entry.mentions(other))) {
                    spread.add(name);
                    beans.add(name);
                }
            });
        }
        Set<String> routes = changed(before.routes(), after.routes());
        after.routes().forEach((id, entry) -> {
            if (spread.stream().anyMatch(entry::mentions)) {
                routes.add(id);
            }
        });
        return new SwapPlan(beans, lostBeans, routes, lost(before.routes(), after.routes()));
    }

    /** Whether there is nothing to do. */
    public boolean isEmpty() {
        return beans.isEmpty() && lostBeans.isEmpty() && routes.isEmpty() && lostRoutes.isEmpty();
    }

    private static Set<String> changed(Map<String, RouteSet.Entry> before, Map<String, RouteSet.Entry> after) {
        Set<String> changed = new LinkedHashSet<>();
        after.forEach((name, entry) -> {
            RouteSet.Entry old = before.get(name);
            if (old == null || !old.meaning().equals(entry.meaning())) {
                changed.add(name);
            }
        });
        return changed;
    }

    private static Set<String> lost(Map<String, RouteSet.Entry> before, Map<String, RouteSet.Entry> after) {
        Set<String> lost = new LinkedHashSet<>(before.keySet());
        lost.removeAll(after.keySet());
        return lost;
    }
}
