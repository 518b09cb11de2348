package org.pgsteward.routing.reload;

import java.util.Locale;
import org.apache.camel.CamelContext;

/**
 * Refuses the components that run code, also where an address is put together only while a route runs, from data that the
 * check of the files has not seen.
 */
public final class RefusedComponents {
    private RefusedComponents() {}

    public static void refuse(CamelContext context) {
        context.getCamelContextExtension().registerEndpointCallback((uri, endpoint) -> {
            String scheme = uri.replaceFirst(":.*", "").toLowerCase(Locale.ROOT);
            if (CodeRule.SCHEMES.contains(scheme)) {
                throw new IllegalArgumentException("the component '" + scheme + "' runs code, which no route may");
            }
            return endpoint;
        });
    }
}
