package org.pgsteward.cli;

import java.io.PrintWriter;
import java.time.Duration;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.pgsteward.io.Threads;
import org.pgsteward.model.Elapsed;

/** Line that names the running work once it has taken two seconds, and is overwritten; only on a terminal. */
final class Waiting {
    private static final Duration PATIENCE = Duration.ofSeconds(2);
    private static final Duration BETWEEN = Duration.ofMillis(500);
    private static final int WIDTH = 76;

    private final PrintWriter err;
    private final Supplier<String> what;
    private final Duration patience;
    private final CountDownLatch over = new CountDownLatch(1);
    private final long beganNanos = System.nanoTime();
    private final Thread thread = Threads.daemon("waiting", 256 * 1024, this::show);

    private Waiting(PrintWriter err, Supplier<String> what, boolean seen, Duration patience) {
        this.patience = patience;
        this.err = err;
        this.what = what;
        if (seen) {
            thread.start();
        }
    }

    /**
     * Returns the result of {@code work}.
     *
     * @param what the work in a few words; read twice a second
     */
    static <T> T during(PrintWriter err, Supplier<String> what, Callable<T> work) throws Exception {
        return during(err, what, work, Terminal.readsErrors(), PATIENCE);
    }

    /** Returns the result of {@code work}, and shows the line only if {@code seen}, after {@code patience}. */
    static <T> T during(PrintWriter err, Supplier<String> what, Callable<T> work, boolean seen, Duration patience)
            throws Exception {
        Waiting waiting = new Waiting(err, what, seen, patience);
        try {
            return work.call();
        } finally {
            waiting.close();
        }
    }

    private void show() {
        try {
            boolean shown = false;
            Duration pause = patience;
            while (!over.await(pause.toMillis(), TimeUnit.MILLISECONDS)) {
                String text = what.get() + ", for " + Elapsed.words(Duration.ofNanos(System.nanoTime() - beganNanos));
                err.print("\r\u001b[K" + (text.length() > WIDTH ? text.substring(0, WIDTH - 1) + "…" : text));
                err.flush();
                shown = true;
                pause = BETWEEN;
            }
            if (shown) {
                err.print("\r\u001b[K");
                err.flush();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** Ends the thread, which clears the line. */
    private void close() {
        over.countDown();
        try {
            thread.join();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
