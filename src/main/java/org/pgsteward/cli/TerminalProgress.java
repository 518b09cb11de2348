package org.pgsteward.cli;

import java.io.PrintWriter;
import java.time.Duration;
import java.util.Locale;
import org.pgsteward.backup.restore.RestoreProgress;

/** Progress of a restore, on one line that is overwritten; only on a terminal. */
final class TerminalProgress implements RestoreProgress {
    private static final double MEGABYTE = 1_000_000;
    private static final long BETWEEN_NANOS = Duration.ofMillis(200).toNanos();

    private final PrintWriter err;
    private final Duration lastTime;
    private final long startedNanos = System.nanoTime();
    private long printedNanos = startedNanos - BETWEEN_NANOS;

    private TerminalProgress(PrintWriter err, Duration lastTime) {
        this.err = err;
        this.lastTime = lastTime;
    }

    /** @param lastTime duration of the restore at the verification; zero if unknown */
    static RestoreProgress of(PrintWriter err, Duration lastTime) {
        return Terminal.readsErrors() ? new TerminalProgress(err, lastTime) : QUIET;
    }

    @Override
    public void step(String what) {
        line(what);
    }

    @Override
    public void poured(long bytes, long total) {
        if (System.nanoTime() - printedNanos < BETWEEN_NANOS) {
            return;
        }
        line(words(bytes, total, Duration.ofNanos(System.nanoTime() - startedNanos), lastTime));
    }

    /**
     * Returns {@code 120 of 2,100 MB, some 41 s left}. The rest is estimated from the speed so far. Below 5% it is
     * estimated from the duration at the verification.
     */
    static String words(long bytes, long total, Duration sofar, Duration lastTime) {
        long millis = bytes == 0 || total == 0 ? 0 : (long) (sofar.toMillis() * ((double) (total - bytes) / bytes));
        Duration left = bytes * 20 < total && !lastTime.isZero() ? lastTime.minus(sofar) : Duration.ofMillis(millis);
        return String.format(
                Locale.ROOT,
                "%,.1f of %,.1f MB, about %d s left",
                bytes / MEGABYTE,
                total / MEGABYTE,
                Math.max(0, left.toSeconds()));
    }

    private void line(String text) {
        printedNanos = System.nanoTime();
        err.print("\r\u001b[K" + text);
        err.flush();
    }

    /** Clears the line. */
    static void end(RestoreProgress progress) {
        if (progress instanceof TerminalProgress terminal) {
            terminal.line("");
        }
    }
}
