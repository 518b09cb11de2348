package org.pgsteward.camel.receivers;

import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import org.pgsteward.alert.DeliveryScheduler;
import org.pgsteward.alert.FailingReceiver;
import org.pgsteward.io.Threads;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Thread of one receiver's delivery. It runs when a notification was added or a retry is due, and sleeps in between.
 */
final class DeliveryThread {
    private static final Logger LOG = LoggerFactory.getLogger(DeliveryThread.class);

    /** Stack size in bytes. A send needs a dozen frames of Camel and a client; a full stack would be wasted on it. */
    private static final long STACK_BYTES = 512 * 1024;

    /** Pause after an unexpected failure, such as a state folder that cannot be read. */
    private static final Duration AFTER_TROUBLE = Duration.ofSeconds(30);

    private final DeliveryScheduler scheduler;
    private final Redaction redaction;
    private final Semaphore calls = new Semaphore(1);
    private final Thread thread;
    private volatile boolean wanted = true;

    DeliveryThread(String receiver, DeliveryScheduler scheduler, Redaction redaction) {
        this.scheduler = scheduler;
        this.redaction = redaction;
        this.thread = Threads.daemon("deliver-" + receiver, STACK_BYTES, this::run);
        thread.start();
    }

    void wake() {
        calls.release();
    }

    /** Returns whether the thread lives and its receiver is not failing. */
    boolean isWell() {
        return thread.isAlive() && !scheduler.isFailing();
    }

    /** Returns the failure of the receiver; empty while its deliveries succeed. */
    Optional<FailingReceiver> failing() {
        return scheduler.failing();
    }

    /**
     * Waits at most {@code patience} for a running send to end. A notification that was not delivered stays in the
     * outbox.
     */
    void stop(Duration patience) {
        wanted = false;
        wake();
        try {
            thread.join(Math.max(1, patience.toMillis()));
        } catch (InterruptedException hurry) {
            Thread.currentThread().interrupt();
        }
        thread.interrupt();
    }

    private void run() {
        Duration wait = Duration.ZERO;
        while (wanted) {
            try {
                if (calls.tryAcquire(wait.toMillis(), TimeUnit.MILLISECONDS)) {
                    calls.drainPermits();
                }
                if (wanted) {
                    wait = scheduler.deliver();
                }
            } catch (InterruptedException stopped) {
                return;
            } catch (RuntimeException | LinkageError trouble) {
                LOG.error(
                        "thread {} failed, next try in {} s: {}",
                        thread.getName(),
                        AFTER_TROUBLE.toSeconds(),
                        redaction.of(trouble));
                wait = AFTER_TROUBLE;
            }
        }
    }
}
