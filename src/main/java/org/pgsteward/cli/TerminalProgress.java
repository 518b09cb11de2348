package org.pgsteward.cli;

import java.io.PrintWriter;
import java.time.Duration;
import java.util.Locale;
import org.pgsteward.backup.restore.RestoreProgress;

/** How far a restore has come, on one line that is written over; only where somebody looks. */
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

    /** @param lastTime how long it took when it was proved; zero where that is not known */
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

    /** {@code 120 of 2,100 MB, some 41 s left}: by what it took so far, and at first by what it took the last time. */
    static String words(long bytes, long total, Duration sofar, Duration lastTime) {
        long millis = bytes == 0 || total == 0 ? 0 : (long) (sofar.toMillis() * ((double) (total - bytes) / bytes));
        Duration left = bytes * 20 < total && !lastTime.isZero() ? lastTime.minus(sofar) : Duration.ofMillis(millis);
        return String.format(
                Locale.ROOT,
                "%,.1f of %,.1f MB, some %d s left",
                bytes / MEGABYTE,
                total / MEGABYTE,
                Math.max(0, left.toSeconds()));
    }

    private void line(String text) {
        printedNanos = System.nanoTime();
        err.print("\r\u001b[K" + text);
        err.flush();
    }

    /** Leaves the line empty. */
    static void end(RestoreProgress progress) {
        if (progress instanceof TerminalProgress terminal) {
            terminal.line("");
        }
    }
}
