package org.pgsteward.camel.receivers;

import java.util.List;
import java.util.Optional;
import org.apache.camel.CamelContext;
import org.apache.camel.Route;
import org.pgsteward.alert.Outbox;

/** Who is told: the routes whose ids begin with {@code receiver-}. */
public final class Receivers {
    private static final String PREFIX = "receiver-";

    private final CamelContext context;

    public Receivers(CamelContext context) {
        this.context = context;
    }

    /** The names of all there are at this moment, such as {@code email}. */
    public List<String> names() {
        return context.getRoutes().stream()
                .map(Route::getRouteId)
                .flatMap(id -> name(id).stream())
                .sorted()
                .toList();
    }

    /** The receiver that a route is; empty where it is none, or none that could have a folder. */
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
