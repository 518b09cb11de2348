package org.pgsteward.postgres;

import java.io.FilterInputStream;
import java.io.FilterOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/**
 * The progress of a long piece of work, for another thread: the time of its last step forward, and a way to cancel it.
 *
 * <p>A thread that hangs in a read of a child's output or of a connection cannot react itself. So the children that it
 * starts and the connections that it opens while it is {@linkplain #bind bound} are registered here. {@link #cancel}
 * ends them. The waiting thread then gets an error and cleans up by itself.
 */
public final class Progress {
    private static final ThreadLocal<@Nullable Progress> CURRENT = new ThreadLocal<>();

    private final String name;
    private final boolean holding;
    private final List<Resource> resources = new ArrayList<>();
    private final Set<Thread> threads = new HashSet<>();
    private volatile long movedAt = System.nanoTime();
    private volatile long cancelledAt;
    private final AtomicLong bytes = new AtomicLong();
    private final AtomicLong sizeBytes = new AtomicLong();
    private volatile String step = "begins";
    private volatile boolean waiting;
    private long workingSince = System.nanoTime();
    private long workedNanos;
    private volatile @Nullable String reason;

    /**
     * Creates the progress of a new piece of work.
     *
     * @param name such as {@code backup of vikunja}
     * @param holding whether the work holds a resource, such as a lock, for which others wait
     */
    public Progress(String name, boolean holding) {
        this.name = name;
        this.holding = holding;
    }

    private record Resource(Runnable end, BooleanSupplier isOver) {}

    /** The binding of a thread to the work; the same thread closes it. */
    @FunctionalInterface
    public interface Binding extends AutoCloseable {
        @Override
        void close();
    }

    /** Returns the work to which this thread is bound. Without a binding, returns an object that no thread watches. */
    public static Progress current() {
        Progress bound = CURRENT.get();
        return bound == null ? new Progress("", false) : bound;
    }

    /** Binds this thread to the work until the binding is closed. Then an earlier binding applies again. */
    public Binding bind() {
        Progress outer = CURRENT.get();
        Thread thread = Thread.currentThread();
        boolean joined;
        synchronized (threads) {
            joined = threads.add(thread);
        }
        CURRENT.set(this);
        return () -> {
            if (outer == null) {
                CURRENT.remove();
            } else {
                CURRENT.set(outer);
            }
            if (joined) {
                leave(thread);
            }
        };
    }

    /** Removes the thread, and clears its interruption: it was for this work, not for the thread's next one. */
    private void leave(Thread thread) {
        synchronized (threads) {
            threads.remove(thread);
            if (reason != null) {
                Thread.interrupted();
            }
        }
    }

    public String name() {
        return name;
    }

    /** Records the start of another step. */
    public synchronized void step(String begun) {
        step = begun;
        movedAt = System.nanoTime();
        if (waiting) {
            waiting = false;
            workingSince = movedAt;
        }
    }

    /** Records a wait for another process, which ends its own stuck work. The time worked so far is reset. */
    public synchronized void waitsElsewhere() {
        movedAt = System.nanoTime();
        workedNanos = 0;
        workingSince = movedAt;
    }

    /** Records the start of a wait for other work. Its time does not count as time worked. */
    public synchronized void waitsFor(String other) {
        step = "waits for " + other;
        movedAt = System.nanoTime();
        if (!waiting) {
            waiting = true;
            workedNanos += movedAt - workingSince;
        }
    }

    private synchronized Duration worked(long now) {
        return Duration.ofNanos(Math.max(0, waiting ? workedNanos : workedNanos + now - workingSince));
    }

    /** Adds bytes that have been read, written or counted. */
    public void moved(long more) {
        bytes.addAndGet(more);
        movedAt = System.nanoTime();
    }

    /** Adds bytes to the total that is to be processed. */
    public void grow(long more) {
        sizeBytes.addAndGet(more);
    }

    /**
     * Registers a child or a connection.
     *
     * @param isOver whether {@code end} has no effect any more
     */
    void register(Runnable end, BooleanSupplier isOver) {
        synchronized (resources) {
            resources.removeIf(resource -> resource.isOver().getAsBoolean());
            resources.add(new Resource(end, isOver));
        }
        if (reason != null) {
            end.run();
        }
    }

    /**
     * Ends the children and connections of the work, and interrupts its threads.
     *
     * @return the failures, one line each
     */
    public List<String> cancel(String because) {
        List<Resource> open;
        synchronized (resources) {
            cancelledAt = System.nanoTime();
            reason = because;
            open = List.copyOf(resources);
        }
        List<String> troubles = new ArrayList<>();
        for (Resource resource : open) {
            if (resource.isOver().getAsBoolean()) {
                continue;
            }
            try {
                resource.end().run();
            } catch (RuntimeException | Error e) {
                troubles.add(e.toString());
            }
        }
        synchronized (threads) {
            threads.forEach(Thread::interrupt);
        }
        return troubles;
    }

    /** Returns the reason of the cancellation; empty if the work was not cancelled. */
    public Optional<String> cancelled() {
        return Optional.ofNullable(reason);
    }

    /**
     * A snapshot of the progress.
     *
     * @param silence time since the last byte or step
     * @param worked total time, without waits for other work
     * @param cancelled time since the cancellation; empty if the work was not cancelled
     */
    public record State(
            String name,
            boolean holding,
            String step,
            boolean waiting,
            long bytes,
            long sizeBytes,
            Duration silence,
            Duration worked,
            Optional<Duration> cancelled) {}

    public State state() {
        long now = System.nanoTime();
        return new State(
                name,
                holding,
                step,
                waiting,
                bytes.get(),
                sizeBytes.get(),
                Duration.ofNanos(Math.max(0, now - movedAt)),
                worked(now),
                cancelled().map(because -> Duration.ofNanos(Math.max(0, now - cancelledAt))));
    }

    /** Returns a view of the stream in which each byte that is read counts as progress. */
    public InputStream watching(InputStream stream) {
        return new FilterInputStream(stream) {
            @Override
            public int read() throws IOException {
                int read = in.read();
                moved(read < 0 ? 0 : 1);
                return read;
            }

            @Override
            public int read(byte[] target, int offset, int length) throws IOException {
                int read = in.read(target, offset, length);
                moved(Math.max(0, read));
                return read;
            }
        };
    }

    /** Returns a view of the stream in which each byte that is written counts as progress. */
    public OutputStream watching(OutputStream stream) {
        return new FilterOutputStream(stream) {
            @Override
            public void write(int one) throws IOException {
                out.write(one);
                moved(1);
            }

            @Override
            public void write(byte[] source, int offset, int length) throws IOException {
                out.write(source, offset, length);
                moved(length);
            }
        };
    }
}
