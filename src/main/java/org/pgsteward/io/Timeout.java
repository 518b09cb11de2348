package org.pgsteward.io;

import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * An action after a time, unless {@link #close} comes first. Closing releases all objects that the action refers to. A plain
 * delayed task would keep them until the time is over, even if it has nothing to do by then.
 */
public final class Timeout implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(Timeout.class);

    private final CompletableFuture<Void> timer = new CompletableFuture<>();

    private Timeout() {}

    /** Runs the action after this time, in a thread of the common pool. */
    public static Timeout after(Duration time, Runnable action) {
        Timeout timeout = new Timeout();
        // This future never fails: run() catches all exceptions.
        CompletableFuture<Void> unused = timeout.timer.exceptionallyAsync(over -> run(action));
        // The future removes this timer when it ends earlier.
        timeout.timer.orTimeout(time.toNanos(), TimeUnit.NANOSECONDS);
        return timeout;
    }

    private static @Nullable Void run(Runnable action) {
        try {
            action.run();
        } catch (RuntimeException | Error e) {
            LOG.error("an action after a time limit failed", e);
        }
        return null;
    }

    /** Prevents the action, unless it has begun. */
    @Override
    public void close() {
        timer.complete(null);
    }
}
