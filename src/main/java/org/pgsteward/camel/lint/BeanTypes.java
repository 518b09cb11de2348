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
 * Allowed classes for the beans of a route file. Creating a bean runs its constructor and its setters, so each class is
 * listed here, or by the operator in {@code PGSTEWARD_ROUTES_TYPES}. Pure.
 *
 * @param called classes whose methods a route may call
 * @param held classes that a route may only pass on: they have a method that writes or removes files
 * @param listed classes that the operator lists
 */
record BeanTypes(Set<String> called, Set<String> held, Set<String> listed) {
    /** Classes in the shipped route files; a test compares them. */
    private static final List<String> OURS =
            List.of("org.pgsteward.alert.NotificationPolicy", "org.pgsteward.backup.RetentionPolicies");

    /** Classes that the shipped examples pass to Camel. */
    private static final Set<String> HELD =
            Set.of("java.io.File", "org.apache.camel.support.processor.idempotent.FileIdempotentRepository");

    BeanTypes {
        called = Set.copyOf(called);
        held = Set.copyOf(held);
        listed = Set.copyOf(listed);
    }

    /** @param settings settings with the types that the operator lists */
    static BeanTypes of(Map<String, String> settings) {
        return with(Optional.ofNullable(settings.get(DaemonConfig.ROUTE_TYPES.name())).stream()
                .flatMap(types -> Stream.of(types.split("[,\\s]+", -1)))
                .filter(type -> !type.isBlank())
                .toList());
    }

    /** @param listed types that the operator lists */
    static BeanTypes with(Collection<String> listed) {
        Set<String> called = new TreeSet<>(OURS);
        called.addAll(OldNames.TYPES.keySet());
        called.addAll(listed);
        return new BeanTypes(called, HELD, Set.copyOf(listed));
    }

    boolean mayBeMade(String type) {
        return called.contains(type) || held.contains(type);
    }
}
