package org.pgsteward.camel.receivers;

import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.apache.camel.Endpoint;

/**
 * Sends a body by HTTP to a receiver of notices or to a watcher: {@code notify:NAME}. The address stands in the header {@code
 * CamelHttpUri}, since most addresses are secrets, and an endpoint's name is logged.
 *
 * <p>Endpoints have the options of camel-http. What all of them share stands here: one option {@code timeout}, in
 * milliseconds, for all limits of time, and that neither the headers of the request nor those of the answer are kept. What an
 * operator's own route sends by {@code https:} has Camel's defaults.
 */
public final class NotifyComponent extends BoundedHttpComponent {
    public static final String SCHEME = "notify";

    /** Milliseconds to connect, until the answer begins, and between its parts. */
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
        // Camel-http would send GET where the address has a query.
        parameters.putIfAbsent("httpMethod", "POST");
        TIMEOUTS.forEach(timeout -> parameters.putIfAbsent(timeout, limit));
        // Camel-http reads the scheme here; the one of the header counts when it sends.
        return super.createEndpoint(uri.replaceFirst("^" + SCHEME + ":", "https:"), remaining, parameters);
    }
}
