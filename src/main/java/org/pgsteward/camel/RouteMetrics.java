package org.pgsteward.camel;

import io.micrometer.core.instrument.MeterRegistry;
import org.apache.camel.CamelContext;
import org.apache.camel.component.micrometer.routepolicy.MicrometerRoutePolicyFactory;

/** The metrics of each route: a timer of its exchanges, and a counter of its failures. */
final class RouteMetrics {
    private RouteMetrics() {}

    /** Adds the metrics of all routes of a context, which has no routes yet. */
    static void add(CamelContext context, MeterRegistry registry) {
        MicrometerRoutePolicyFactory figures = new MicrometerRoutePolicyFactory();
        figures.setMeterRegistry(registry);
        figures.setSkipCamelInfo(true);
        figures.getPolicyConfiguration().setContextEnabled(false);
        // The timer already counts all exchanges and the failed ones.
        figures.getPolicyConfiguration().setAdditionalCounters(false);
        context.addRoutePolicyFactory(figures);
        context.addRoutePolicyFactory((made, route, definition) -> {
            // A counter that exists from the start, as 0, shows its first increase.
            SafetyNet.failures(registry, route);
            return null;
        });
    }
}
