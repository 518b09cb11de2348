package org.pgsteward.camel.lint;

import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import org.apache.camel.CamelContext;
import org.apache.camel.model.ProcessorDefinitionHelper;
import org.apache.camel.model.RouteDefinition;
import org.apache.camel.model.SendDefinition;
import org.apache.camel.model.ToDynamicDefinition;

/** The {@code direct:} endpoints to which a route's steps send. */
final class RouteTargets {
    private RouteTargets() {}

    /** Returns the endpoints that need a consumer. */
    static Set<String> of(RouteDefinition route, CamelContext context) {
        Set<String> targets = new LinkedHashSet<>();
        collect(
                ProcessorDefinitionHelper.filterTypeInOutputs(route.getOutputs(), SendDefinition.class),
                context,
                targets);
        collect(
                ProcessorDefinitionHelper.filterTypeInOutputs(route.getOutputs(), ToDynamicDefinition.class),
                context,
                targets);
        return targets;
    }

    /** Returns the addresses of dynamic steps that contain no expression, so that they can be checked now. */
    static List<String> dynamic(RouteDefinition route) {
        List<String> uris = new ArrayList<>();
        for (ToDynamicDefinition step :
                ProcessorDefinitionHelper.filterTypeInOutputs(route.getOutputs(), ToDynamicDefinition.class)) {
            if (step.getUri() != null && !step.getUri().contains("${")) {
                uris.add(step.getUri());
            }
        }
        return uris;
    }

    private static void collect(Collection<?> steps, CamelContext context, Set<String> targets) {
        for (Object step : steps) {
            String uri = step instanceof SendDefinition<?> send
                    ? send.getEndpointUri()
                    : step instanceof ToDynamicDefinition dynamic ? dynamic.getUri() : null;
            if (uri == null || !uri.startsWith("direct:") || uri.contains("${")) {
                continue;
            }
            String endpoint = context.resolvePropertyPlaceholders(uri);
            if (!endpoint.contains("failIfNoConsumers=false")) {
                targets.add(bare(endpoint));
            }
        }
    }

    /** Returns the address without options, and {@code direct://x} as {@code direct:x}. */
    static String bare(String uri) {
        return uri.replaceFirst("(?s)\\?.*", "").replaceFirst("^direct:/+", "direct:");
    }
}
