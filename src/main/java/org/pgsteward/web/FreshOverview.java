package org.pgsteward.web;

import java.time.Duration;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeoutException;
import java.util.function.Function;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.pgsteward.model.Elapsed;
import org.pgsteward.overview.Overview;

/**
 * Overview that concurrent requests share. However often the page is reloaded, PostgreSQL gets at most one connection
 * every two seconds. While PostgreSQL hangs, a request gets the last known state after at most two seconds.
 * Thread-safe.
 */
public final class FreshOverview implements Supplier<Overview> {
    private static final Duration FRESH = Duration.ofSeconds(2);
    private static final Duration PATIENCE = Duration.ofSeconds(2);

    private final Supplier<Overview> look;
    private final Function<String, Overview> remembered;
    private final Duration fresh;
    private final Duration patience;
    private final Executor thread = Reading.oneThread("status-page");
    private @Nullable Reading<Overview> last;

    /** @param remembered returns the last known state, given the reason why it is not current */
    public FreshOverview(Supplier<Overview> look, Function<String, Overview> remembered) {
        this(look, remembered, FRESH, PATIENCE);
    }

    /**
     * Creates an overview with other times.
     *
     * @param fresh time for which one reading is used
     * @param patience longest time that a request waits for a reading
     */
    FreshOverview(Supplier<Overview> look, Function<String, Overview> remembered, Duration fresh, Duration patience) {
        this.look = look;
        this.remembered = remembered;
        this.fresh = fresh;
        this.patience = patience;
    }

    @Override
    public Overview get() {
        Reading<Overview> now = current();
        try {
            return now.get(patience);
        } catch (TimeoutException hangs) {
            return remembered.apply("PostgreSQL has not answered for " + Elapsed.words(now.sinceBegun()));
        }
    }

    private synchronized Reading<Overview> current() {
        if (last == null || last.isOlderThan(fresh)) {
            last = new Reading<>(look, thread);
        }
        return last;
    }
}
