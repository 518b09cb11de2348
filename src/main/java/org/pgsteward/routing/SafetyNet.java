package org.pgsteward.routing;

import org.apache.camel.Exchange;
import org.apache.camel.builder.RouteConfigurationBuilder;
import org.pgsteward.routing.alert.Redaction;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What every route has under it, those that operators add included, because it has no name: a step that fails is said in
 * one line, with the route's id and the cause, and the daemon goes on.
 */
public final class SafetyNet extends RouteConfigurationBuilder {
    private static final Logger LOG = LoggerFactory.getLogger(SafetyNet.class);

    private final Redaction redaction;

    public SafetyNet(Redaction redaction) {
        this.redaction = redaction;
    }

    @Override
    public void configuration() {
        routeConfiguration().onException(Exception.class).logExhausted(false).process(this::say);
    }

    /** No stack trace: addresses in it may hold secrets, and the line that matters is the last cause. */
    private void say(Exchange exchange) {
        Throwable cause = exchange.getProperty(Exchange.EXCEPTION_CAUGHT, Throwable.class);
        LOG.error(
                "route {} failed: {}",
                exchange.getFromRouteId(),
                cause == null ? "no cause given" : redaction.of(cause));
    }
}
