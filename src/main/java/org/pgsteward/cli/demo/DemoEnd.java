package org.pgsteward.cli.demo;

import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.pgsteward.app.Daemon;
import org.pgsteward.backup.underway.RunsUnderWay;
import org.pgsteward.io.Threads;

/**
 * The end of a demonstration. Its daemon ends before its PostgreSQL, since it would alert that PostgreSQL is gone.
 *
 * <p>A signal is a deliberate end: the screen shows no error of an interrupted step. The exit code is that of the
 * finished steps. While steps run, it is that of the signal.
 */
final class DemoEnd implements AutoCloseable {
    private static final int UNFINISHED = -1;

    /** Limit for work of the daemon that has begun. */
    private static final Duration DAEMON = Duration.ofSeconds(5);

    /** A terminal sends Ctrl-C to child processes, too. Their errors may arrive before the signal is handled. */
    private static final Duration SIGNAL = Duration.ofMillis(500);

    private final Screen screen;
    private final Path folder;
    private final CountDownLatch begun = new CountDownLatch(1);
    private final Thread hook = new Thread(this::bySignal, "demo-end");
    private volatile int code = UNFINISHED;
    private volatile @Nullable DemoHost host;
    private volatile @Nullable RunsUnderWay runs;
    private volatile @Nullable Daemon daemon;
    private boolean ended;

    private DemoEnd(Screen screen, Path folder) {
        this.screen = screen;
        this.folder = folder;
    }

    /** Returns the end of a demonstration, by a signal or by {@link #close}. */
    static DemoEnd of(Screen screen, Path folder) {
        DemoEnd end = new DemoEnd(screen, folder);
        Runtime.getRuntime().addShutdownHook(end.hook);
        return end;
    }

    /** Registers the environment. */
    DemoHost with(DemoHost started) {
        host = started;
        return started;
    }

    /** Registers the daemon, before its start, and the backups that the demonstration makes itself. */
    Daemon with(Daemon built, RunsUnderWay backups) {
        runs = backups;
        daemon = built;
        return built;
    }

    /** Waits for the signal. */
    void await(int finished) throws InterruptedException {
        code = finished;
        begun.await();
    }

    /** Returns whether a signal ends this process, which explains the failure of a step. */
    boolean isBySignal() {
        try {
            return begun.await(SIGNAL.toMillis(), TimeUnit.MILLISECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return false;
        }
    }

    private void bySignal() {
        screen.mute();
        begun.countDown();
        RunsUnderWay under = runs;
        if (under != null) {
            under.all().forEach(run -> run.progress().cancel("the demonstration ends"));
        }
        end();
        screen.last("The demonstration has ended; its files stay in " + folder + " until the next one.");
        if (code != UNFINISHED) {
            Runtime.getRuntime().halt(code);
        }
    }

    private synchronized void end() {
        if (ended) {
            return;
        }
        ended = true;
        DemoHost started = host;
        Daemon running = daemon;
        try {
            if (running != null) {
                Threads.start("demo-daemon-end", Threads.DEFAULT_STACK, running::close)
                        .join(DAEMON.toMillis());
            }
        } catch (InterruptedException hurry) {
            Thread.currentThread().interrupt();
        } finally {
            if (started != null) {
                started.close();
            }
        }
    }

    /** Ends daemon and PostgreSQL, or waits until a signal's hook has done so. */
    @Override
    public void close() {
        end();
        try {
            Runtime.getRuntime().removeShutdownHook(hook);
        } catch (IllegalStateException bySignal) {
            // The process ends with the hook, also if this thread exits.
            return;
        }
    }
}
