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
 * One look for all who ask at the same time: a storm of reloads costs PostgreSQL one connection every two seconds, and
 * while it hangs nobody waits longer than two seconds for what was known before. Safe for many threads.
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

    /** @param remembered what was known before, with why it is not looked at now */
    FreshOverview(Supplier<Overview> look, Function<String, Overview> remembered) {
        this(look, remembered, FRESH, PATIENCE);
    }

    /** The same with other times: how long a look is as good as a new one, and how long to wait for one. */
    FreshOverview(Supplier<Overview> look, Function<String, Overview> remembered, Duration fresh, Duration patience) {
        this.look = look;
        this.remembered = remembered;
        this.fresh = fresh;
        this.patience = patience;
    }

    /** A look that somebody has begun, and when it ended; times are those of {@link System#nanoTime}. */
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

    /** It is there only while somebody looks. */
    private static Executor oneThread() {
        ThreadPoolExecutor pool = new ThreadPoolExecutor(
                1, 1, 5, TimeUnit.SECONDS, new LinkedBlockingQueue<>(), Threads.factory("status-page", 256 * 1024));
        pool.allowCoreThreadTimeOut(true);
        return pool;
    }
}
