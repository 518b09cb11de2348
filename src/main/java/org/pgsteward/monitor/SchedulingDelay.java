package org.pgsteward.monitor;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.pgsteward.io.Threads;

/**
 * The time for which this process has waited for a processor, from {@link #begin} to {@link #close}. A timer that should fire
 * twice a second measures its own delay. A server that did not answer in time need not be the cause if this timer was late as
 * well.
 */
final class SchedulingDelay implements AutoCloseable {
    private static final long TICK = Duration.ofMillis(500).toNanos();

    /** A delay that is usual on any host and does not count. */
    private static final long UNREMARKABLE = Duration.ofMillis(100).toNanos();

    private static final Path PRESSURE = Path.of("/proc/pressure/cpu");
    private static final Pattern LAST_TEN_SECONDS = Pattern.compile("some avg10=(\\d{1,3})");

    private final Thread timer = Threads.daemon("scheduling-delay", 128 * 1024, this::tick);
    private long late;
    private long expected = System.nanoTime() + TICK;
    private boolean measures;

    private SchedulingDelay() {}

    /** Begins to measure. If the host allows no further thread, the delay is 0. */
    static SchedulingDelay begin() {
        SchedulingDelay delay = new SchedulingDelay();
        try {
            delay.timer.start();
            delay.measures = true;
        } catch (OutOfMemoryError none) {
            // The reading of PostgreSQL, which this delay only explains, is more important.
            delay.measures = false;
        }
        return delay;
    }

    private void tick() {
        try {
            while (true) {
                Thread.sleep(TICK / 1_000_000);
                synchronized (this) {
                    late += overdue();
                    expected = System.nanoTime() + TICK;
                }
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private long overdue() {
        long by = System.nanoTime() - expected;
        return by > UNREMARKABLE ? by : 0;
    }

    /** Returns all delay so far. */
    synchronized Duration total() {
        return measures ? Duration.ofNanos(late + overdue()) : Duration.ZERO;
    }

    /** Ends the timer. */
    @Override
    public void close() {
        timer.interrupt();
    }

    /**
     * Returns the share of the last ten seconds in which a process on the host waited for a processor; 0 if unknown.
     */
    static double pressure() {
        try {
            return pressure(Files.readString(PRESSURE, StandardCharsets.US_ASCII));
        } catch (IOException e) {
            // The kernel has no pressure stall information, or hides it in containers.
            return 0;
        }
    }

    static double pressure(String file) {
        Matcher average = LAST_TEN_SECONDS.matcher(file);
        return average.find() ? Double.parseDouble(average.group(1)) / 100 : 0;
    }
}
