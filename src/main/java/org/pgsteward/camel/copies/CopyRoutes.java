package org.pgsteward.camel.copies;

import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import java.util.regex.Pattern;
import org.pgsteward.backup.copy.CopyPlace;
import org.pgsteward.backup.copy.CopyTarget;
import org.pgsteward.backup.copy.CopyTargets;
import org.pgsteward.camel.RouteClient;
import org.pgsteward.camel.receivers.Redaction;

/** The targets of copies: the routes whose ids begin with {@code copy-}. */
public final class CopyRoutes implements CopyTargets {
    private static final String PREFIX = "copy-";

    /** The name is also part of the names of settings, and the subject of alerts. */
    private static final Pattern NAME = Pattern.compile("[a-z][a-z0-9]{0,39}");

    private final RouteClient routes;
    private final Function<String, CopyTarget> rules;
    private final Redaction redaction;

    /** @param rules the rules of a target, from its settings */
    public CopyRoutes(RouteClient routes, Function<String, CopyTarget> rules, Redaction redaction) {
        this.routes = routes;
        this.rules = rules;
        this.redaction = redaction;
    }

    /** Returns the target of a route; empty if the route is none, or its name is not valid. */
    public static Optional<String> name(String routeId) {
        return Optional.of(routeId)
                .filter(id -> id.startsWith(PREFIX))
                .map(id -> id.substring(PREFIX.length()))
                .filter(name -> NAME.matcher(name).matches());
    }

    static String endpoint(String target) {
        return "direct:" + PREFIX + target;
    }

    @Override
    public List<CopyTarget> all() {
        return routes.routeIds().stream()
                .flatMap(id -> name(id).stream())
                .sorted()
                .map(rules)
                .toList();
    }

    @Override
    public CopyPlace place(String target) {
        return new RoutePlace(target, routes, redaction);
    }
}
