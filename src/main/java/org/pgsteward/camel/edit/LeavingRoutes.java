package org.pgsteward.camel.edit;

import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Routes that were lifted out of the context. Each is taken down when no exchange has been in it for some seconds.
 *
 * <p>Not thread-safe.
 */
final class LeavingRoutes {
    private static final Logger LOG = LoggerFactory.getLogger(LeavingRoutes.class);

    /**
     * Time without exchanges. A sender that looked up an endpoint just before the swap has entered the route by then.
     */
    private static final Duration QUIET = Duration.ofSeconds(5);

    private final RouteTable table;
    private final Clock clock;
    private final List<Leaving> leaving = new ArrayList<>();

    LeavingRoutes(RouteTable table, Clock clock) {
        this.table = table;
        this.clock = clock;
    }

    private static final class Leaving {
        private final RunningRoute running;
        private Instant busy;

        Leaving(RunningRoute running, Instant busy) {
            this.running = running;
            this.busy = busy;
        }
    }

    /** Adds a route that was lifted out. */
    void add(RunningRoute running) {
        leaving.add(new Leaving(running, clock.instant()));
    }

    /** Takes down the idle routes. A route with an exchange keeps all its services until the exchange ends. */
    void tidy() {
        Instant now = clock.instant();
        for (Iterator<Leaving> each = leaving.iterator(); each.hasNext(); ) {
            Leaving one = each.next();
            if (InFlight.of(one.running.route()) > 0) {
                one.busy = now;
            } else if (!one.busy.plus(QUIET).isAfter(now)) {
                each.remove();
                takeDown(one.running);
            }
        }
    }

    /** Returns the number of lifted routes that still exist. */
    int count() {
        return leaving.size();
    }

    /** Takes down all routes, even those with exchanges, because the context ends. */
    void close() {
        leaving.forEach(one -> takeDown(one.running));
        leaving.clear();
    }

    private void takeDown(RunningRoute running) {
        try {
            table.takeDown(running, leaving.stream().map(one -> one.running).toList());
        } catch (Exception e) {
            LOG.warn("cannot remove the replaced route {}: {}", running.route().getId(), e.toString());
        }
    }
}
