package org.pgsteward.camel;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.apache.camel.CamelContext;
import org.apache.camel.Exchange;
import org.apache.camel.builder.RouteConfigurationBuilder;
import org.apache.camel.component.micrometer.MicrometerConstants;
import org.jspecify.annotations.Nullable;
import org.pgsteward.camel.receivers.Redaction;
import org.pgsteward.engine.EngineAway;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Error handling for all routes, including those that operators add: a configuration without a name applies to every
 * route. A failed step is logged in one line, with the route's id and the cause, and the daemon goes on.
 *
 * <p>A failure after a timer, a schedule or a Docker event ends here, since no caller waits for it. Any other failure
 * returns to the caller. For a file consumer that means that the file stays.
 */
public final class SafetyNet extends RouteConfigurationBuilder {
    private static final Logger LOG = LoggerFactory.getLogger(SafetyNet.class);
    private static final Set<String> NOBODY_WAITS = Set.of("timer", "quartz", "docker");

    /** Interval at which a lasting failure is logged again, instead of at each tick of a timer. */
    private static final Duration SAME_AGAIN = Duration.ofMinutes(10);

    /** Limit of the failures in one line, for a run in which several steps failed. */
    private static final int MOST_FAILURES = 5;

    private final Redaction redaction;
    private final Clock clock;
    private final Map<String, Said> said = new ConcurrentHashMap<>();

    public SafetyNet(Redaction redaction, Clock clock) {
        this.redaction = redaction;
        this.clock = clock;
    }

    private record Said(String line, Instant at) {}

    @Override
    public void configuration() {
        routeConfiguration()
                .onException(Exception.class)
                .handled(exchange -> NOBODY_WAITS.contains(scheme(exchange)))
                .logExhausted(false)
                .process(this::say);
    }

    private static String scheme(Exchange exchange) {
        String uri = exchange.getFromEndpoint() == null
                ? ""
                : exchange.getFromEndpoint().getEndpointUri();
        return uri.substring(0, Math.max(0, uri.indexOf(':')));
    }

    /**
     * Logs the failure without a stack trace: addresses in it may hold secrets, and the cause is the important line.
     */
    private void say(Exchange exchange) {
        Throwable thrown = exchange.getProperty(Exchange.EXCEPTION_CAUGHT, Throwable.class);
        String route = String.valueOf(exchange.getProperty(Exchange.FAILURE_ROUTE_ID));
        // The event feed logs once for all routes that the engine is unavailable or available again.
        List<Throwable> failures = failures(thrown).stream()
                .filter(failure -> !EngineAway.isCauseOf(failure))
                .toList();
        if (thrown != null && failures.isEmpty()) {
            LOG.debug("route {} waits for the Docker Engine", route);
            return;
        }
        String line = thrown == null ? "no cause given" : lines(failures);
        count(exchange.getContext(), route);
        Instant now = clock.instant();
        Said before = said.put(route, new Said(line, now));
        if (before == null
                || !before.line().equals(line)
                || before.at().plus(SAME_AGAIN).isBefore(now)) {
            LOG.error("route {} failed: {}", route, line);
        } else {
            said.put(route, before);
        }
    }

    private static void count(CamelContext context, String route) {
        MeterRegistry figures = context.getRegistry()
                .lookupByNameAndType(MicrometerConstants.METRICS_REGISTRY_NAME, MeterRegistry.class);
        if (figures != null) {
            failures(figures, route).increment();
        }
    }

    /** Returns the counter of a route's failed and logged runs. */
    static Counter failures(MeterRegistry figures, String route) {
        return Counter.builder("pgsteward.route.failures")
                .description("Runs of a route that failed and were logged.")
                .tag("route", route)
                .register(figures);
    }

    /** Returns a failure with those of parallel steps, where one failed step does not stop the others. */
    private static Set<Throwable> failures(@Nullable Throwable thrown) {
        Set<Throwable> failures = new LinkedHashSet<>();
        Deque<Throwable> left = new ArrayDeque<>(thrown == null ? List.of() : List.of(thrown));
        while (!left.isEmpty()) {
            Throwable next = left.removeFirst();
            // Exceptions may suppress one another in a cycle.
            if (failures.add(next)) {
                left.addAll(List.of(next.getSuppressed()));
            }
        }
        return failures;
    }

    private String lines(List<Throwable> failures) {
        // Sorted, so that equal failures make equal lines.
        List<String> lines =
                failures.stream().map(this::line).distinct().sorted().toList();
        String first = String.join("; ", lines.subList(0, Math.min(MOST_FAILURES, lines.size())));
        int more = lines.size() - MOST_FAILURES;
        return more > 0 ? first + "; and " + more + " more" : first;
    }

    /**
     * Returns the message of the failure. An exception of pgsteward names the failed action; for others the root cause
     * is the most useful.
     */
    private String line(Throwable thrown) {
        for (Throwable cause = thrown; cause != null; cause = cause.getCause()) {
            if (cause.getClass().getName().startsWith("org.pgsteward.") && cause.getMessage() != null) {
                return redaction.of(cause.getMessage());
            }
        }
        return redaction.of(thrown);
    }
}
