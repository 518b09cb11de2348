package org.pgsteward.camel.receivers;

import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import org.pgsteward.alert.Courier;
import org.pgsteward.alert.FailingReceiver;
import org.pgsteward.io.Threads;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Lets one courier walk whenever something was put for it or its time has come, and sleeps in between. */
final class DeliveryThread {
    private static final Logger LOG = LoggerFactory.getLogger(DeliveryThread.class);

    /** A send of a receiver's route is a dozen frames of Camel and a client; a full stack would be wasted on it. */
    private static final long STACK_BYTES = 512 * 1024;

    /** After something that should not happen, such as a state folder that cannot be read. */
    private static final Duration AFTER_TROUBLE = Duration.ofSeconds(30);

    private final Courier courier;
    private final Redaction redaction;
    private final Semaphore calls = new Semaphore(1);
    private final Thread thread;
    private volatile boolean wanted = true;

    DeliveryThread(String receiver, Courier courier, Redaction redaction) {
        this.courier = courier;
        this.redaction = redaction;
        this.thread = Threads.daemon("tell-" + receiver, STACK_BYTES, this::run);
        thread.start();
    }

    void wake() {
        calls.release();
    }

    /** Whether its receiver takes what it is given, and it is there to give it. */
    boolean isWell() {
        return thread.isAlive() && !courier.isFailing();
    }

    /** Returns since when its receiver has taken nothing; empty while it takes what it is given. */
    Optional<FailingReceiver> failing() {
        return courier.failing();
    }

    /** Lets a send that is under way end, for at most {@code patience}; what it did not deliver stays in the outbox. */
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
                    wait = courier.deliver();
                }
            } catch (InterruptedException stopped) {
                return;
            } catch (RuntimeException | LinkageError trouble) {
                LOG.error(
                        "{} goes on in {} s after {}",
                        thread.getName(),
                        AFTER_TROUBLE.toSeconds(),
                        redaction.of(trouble));
                wait = AFTER_TROUBLE;
            }
        }
    }
}
