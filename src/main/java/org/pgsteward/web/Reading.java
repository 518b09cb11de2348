package org.pgsteward.web;

import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executor;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Supplier;
import org.pgsteward.io.Threads;

/** One query of PostgreSQL on a thread of its own, with its start and end. Times are those of {@link System#nanoTime}. */
final class Reading<T> {
    private final long beganNanos = System.nanoTime();
    private final CompletableFuture<T> result;
    private volatile long endedNanos;

    Reading(Supplier<T> query, Executor thread) {
        result = CompletableFuture.supplyAsync(query, thread)
                .whenComplete((read, trouble) -> endedNanos = System.nanoTime());
    }

    Duration sinceBegun() {
        return Duration.ofNanos(System.nanoTime() - beganNanos);
    }

    boolean isDone() {
        return result.isDone();
    }

    boolean isOlderThan(Duration age) {
        return result.isDone() && System.nanoTime() - endedNanos >= age.toNanos();
    }

    /**
     * Returns the result.
     *
     * @param patience longest time from the start of the reading
     * @throws TimeoutException if the reading takes longer
     * @throws IllegalStateException if the reading failed
     */
    T get(Duration patience) throws TimeoutException {
        try {
            return result.get(Math.max(0, patience.minus(sinceBegun()).toMillis()), TimeUnit.MILLISECONDS);
        } catch (ExecutionException e) {
            throw new IllegalStateException(e.getCause());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("stopped while PostgreSQL was queried", e);
        }
    }

    /** Returns an executor whose thread ends 5 seconds after the last reading. */
    static Executor oneThread(String name) {
        ThreadPoolExecutor pool = new ThreadPoolExecutor(
                1, 1, 5, TimeUnit.SECONDS, new LinkedBlockingQueue<>(), Threads.factory(name, 256 * 1024));
        pool.allowCoreThreadTimeOut(true);
        return pool;
    }
}
