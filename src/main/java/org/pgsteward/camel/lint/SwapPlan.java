package org.pgsteward.camel.lint;

import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;

/**
 * The routes and beans to replace and to remove. Entries that are equal in both sets stay as they are.
 *
 * @param beans beans to create, in the order of the files
 * @param lostBeans beans to remove
 * @param routes routes to start, including those that replace a running route of the same id
 * @param lostRoutes routes to remove
 */
public record SwapPlan(Set<String> beans, Set<String> lostBeans, Set<String> routes, Set<String> lostRoutes) {

    /**
     * @param before the set in force
     * @param after the new set
     */
    public static SwapPlan of(RouteSet before, RouteSet after) {
        Set<String> lostBeans = lost(before.beans(), after.beans());
        Set<String> beans = changed(before.beans(), after.beans());
        // An entry that refers to a replaced bean would keep the old one, so it is replaced too.
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

    /** Returns whether the sets are equal in effect. */
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
