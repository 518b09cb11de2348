package org.pgsteward.camel.lint;

import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.pgsteward.config.DaemonConfig;

/**
 * The classes of which a route file may make a bean. To make one runs its constructor and its setters, so each is named here,
 * or by the operator in {@code PGSTEWARD_ROUTES_TYPES}. Pure.
 *
 * @param called whose methods a route may call
 * @param held that a route may only hand on: a method of theirs writes or removes files
 * @param listed by the operator
 */
record BeanTypes(Set<String> called, Set<String> held, Set<String> listed) {
    /** Those of the shipped route files; a test compares. */
    private static final List<String> OURS =
            List.of("org.pgsteward.alert.TellingRule", "org.pgsteward.backup.RetentionPolicies");

    /** What the shipped examples hand to Camel. */
    private static final Set<String> HELD =
            Set.of("java.io.File", "org.apache.camel.support.processor.idempotent.FileIdempotentRepository");

    BeanTypes {
        called = Set.copyOf(called);
        held = Set.copyOf(held);
        listed = Set.copyOf(listed);
    }

    /** @param settings with the types that the operator lists */
    static BeanTypes of(Map<String, String> settings) {
        return with(Optional.ofNullable(settings.get(DaemonConfig.ROUTE_TYPES.name())).stream()
                .flatMap(types -> Stream.of(types.split("[,\\s]+", -1)))
                .filter(type -> !type.isBlank())
                .toList());
    }

    /** @param listed by the operator */
    static BeanTypes with(Collection<String> listed) {
        Set<String> called = new TreeSet<>(OURS);
        called.addAll(listed);
        return new BeanTypes(called, HELD, Set.copyOf(listed));
    }

    boolean mayBeMade(String type) {
        return called.contains(type) || held.contains(type);
    }
}
