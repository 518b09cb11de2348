package org.pgsteward.web;

import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executor;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Function;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.pgsteward.io.Threads;
import org.pgsteward.model.Elapsed;
import org.pgsteward.overview.Overview;

/**
 * Overview that concurrent requests share. However often the page is reloaded, PostgreSQL gets at most one connection
 * every two seconds. While PostgreSQL hangs, a request gets the last known state after at most two seconds.
 * Thread-safe.
 */
final class FreshOverview implements Supplier<Overview> {
    private static final Duration FRESH = Duration.ofSeconds(2);
    private static final Duration PATIENCE = Duration.ofSeconds(2);

    private final Supplier<Overview> look;
    private final Function<String, Overview> remembered;
    private final Duration fresh;
    private final Duration patience;
    private final Executor thread = oneThread();
    private @Nullable Look last;

    /** @param remembered returns the last known state, given the reason why it is not current */
    FreshOverview(Supplier<Overview> look, Function<String, Overview> remembered) {
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

    /** A reading of the overview, with its start and end; times are those of {@link System#nanoTime}. */
    private static final class Look {
        private final long beganNanos = System.nanoTime();
        private final CompletableFuture<Overview> overview;
        private volatile long endedNanos;

        Look(Supplier<Overview> look, Executor thread) {
            overview = CompletableFuture.supplyAsync(look, thread)
                    .whenComplete((seen, trouble) -> endedNanos = System.nanoTime());
        }

        Duration sinceBegun() {
            return Duration.ofNanos(System.nanoTime() - beganNanos);
        }

        boolean isOlderThan(Duration age) {
            return overview.isDone() && System.nanoTime() - endedNanos >= age.toNanos();
        }
    }

    @Override
    public Overview get() {
        Look now = current();
        try {
            long left = patience.minus(now.sinceBegun()).toMillis();
            return now.overview.get(Math.max(0, left), TimeUnit.MILLISECONDS);
        } catch (TimeoutException hangs) {
            return remembered.apply("PostgreSQL has not answered for " + Elapsed.words(now.sinceBegun()) + " now");
        } catch (ExecutionException e) {
            throw new IllegalStateException(e.getCause());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("stopped while looking", e);
        }
    }

    private synchronized Look current() {
        if (last == null || last.isOlderThan(fresh)) {
            last = new Look(look, thread);
        }
        return last;
    }

    /** Returns an executor whose thread ends 5 seconds after the last reading. */
    private static Executor oneThread() {
        ThreadPoolExecutor pool = new ThreadPoolExecutor(
                1, 1, 5, TimeUnit.SECONDS, new LinkedBlockingQueue<>(), Threads.factory("status-page", 256 * 1024));
        pool.allowCoreThreadTimeOut(true);
        return pool;
    }
}
