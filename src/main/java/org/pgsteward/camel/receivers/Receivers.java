package org.pgsteward.camel.receivers;

import java.util.List;
import java.util.Optional;
import org.apache.camel.CamelContext;
import org.apache.camel.Route;
import org.pgsteward.alert.Outbox;

/** Receivers of notifications: the routes whose ids begin with {@code receiver-}. */
public final class Receivers {
    private static final String PREFIX = "receiver-";

    private final CamelContext context;

    public Receivers(CamelContext context) {
        this.context = context;
    }

    /** Returns the names of the current receivers, such as {@code email}. */
    public List<String> names() {
        return context.getRoutes().stream()
                .map(Route::getRouteId)
                .flatMap(id -> name(id).stream())
                .sorted()
                .toList();
    }

    /** Returns the receiver of a route; empty if the route is no receiver, or its name is not valid for a folder. */
    public static Optional<String> name(String routeId) {
        return Optional.of(routeId)
                .filter(id -> id.startsWith(PREFIX))
                .map(id -> id.substring(PREFIX.length()))
                .filter(Outbox::isReceiverName);
    }

    static String endpoint(String receiver) {
        return "direct:" + PREFIX + receiver;
    }
}
