package org.pgsteward.camel.lint;

import java.util.Locale;
import java.util.Map;
import org.apache.camel.CamelContext;

/**
 * Refusal of the components and classes that run code. It includes addresses that a running route composes from data
 * that the check of the files has not seen.
 */
public final class RefusedComponents {
    private RefusedComponents() {}

    /** @param settings settings with the types that the operator lists */
    public static void refuse(CamelContext context, Map<String, String> settings) {
        ClassGuard.install(context, settings);
        context.getCamelContextExtension().registerEndpointCallback((uri, endpoint) -> {
            String scheme = uri.replaceFirst("(?s)[:?].*", "").strip().toLowerCase(Locale.ROOT);
            if (CodeRule.SCHEMES.contains(scheme)) {
                throw new IllegalArgumentException("cannot use component '" + scheme + "' in a route: it runs code");
            }
            return endpoint;
        });
    }
}
