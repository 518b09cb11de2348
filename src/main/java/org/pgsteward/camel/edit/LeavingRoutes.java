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
 * The routes that were lifted out of the context, and are taken down when nothing has been under way in them for a while.
 *
 * <p>To be called by one thread at a time.
 */
final class LeavingRoutes {
    private static final Logger LOG = LoggerFactory.getLogger(LeavingRoutes.class);

    /** Long enough for who asked a door just before it changed hands to have stepped in. */
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

    /** Takes a route that was lifted out. */
    void add(RunningRoute running) {
        leaving.add(new Leaving(running, clock.instant()));
    }

    /** Takes down what is idle. Whose work is under way keeps all it needs for as long as that takes. */
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

    /** How many that were lifted out are still there. */
    int count() {
        return leaving.size();
    }

    /** Whatever is under way: the context ends. */
    void close() {
        leaving.forEach(one -> takeDown(one.running));
        leaving.clear();
    }

    private void takeDown(RunningRoute running) {
        try {
            table.takeDown(running, leaving.stream().map(one -> one.running).toList());
        } catch (Exception e) {
            LOG.warn("route {} is not taken down cleanly: {}", running.route().getId(), e.toString());
        }
    }
}
