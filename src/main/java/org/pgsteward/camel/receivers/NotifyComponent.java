package org.pgsteward.camel.receivers;

import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.apache.camel.Endpoint;

/**
 * Component that sends a body by HTTP to a receiver of notifications or to a watcher: {@code notify:NAME}. The address
 * is in the header {@code CamelHttpUri}, since most addresses are secrets, and an endpoint's name is logged.
 *
 * <p>Endpoints have the options of camel-http, with common defaults. One option {@code timeout}, in milliseconds, sets
 * all time limits. The headers of the request and those of the answer are not kept. The {@code https:} endpoints of an
 * operator's own routes have Camel's defaults.
 */
public final class NotifyComponent extends BoundedHttpComponent {
    public static final String SCHEME = "notify";

    /** Milliseconds to connect, until the answer starts, and between its parts. */
    public static final String TIMEOUT = "timeout";

    private static final List<String> TIMEOUTS = List.of("connectTimeout", "responseTimeout", "soTimeout");
    private static final String USUAL = "15000";

    public NotifyComponent() {
        setCopyHeaders(false);
        setSkipResponseHeaders(true);
    }

    @Override
    protected Endpoint createEndpoint(String uri, String remaining, Map<String, Object> parameters) throws Exception {
        Object limit = Objects.requireNonNullElse(parameters.remove(TIMEOUT), USUAL);
        // Camel-http would send GET if the address has a query.
        parameters.putIfAbsent("httpMethod", "POST");
        TIMEOUTS.forEach(timeout -> parameters.putIfAbsent(timeout, limit));
        // Camel-http requires a scheme here; the address in the header decides when it sends.
        return super.createEndpoint(uri.replaceFirst("^" + SCHEME + ":", "https:"), remaining, parameters);
    }
}
