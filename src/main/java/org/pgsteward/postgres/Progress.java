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
 * A long piece of work as another thread sees it: when it last came a step further, and the way to cancel it.
 *
 * <p>A thread that hangs in a read of a child's output or of a connection notices nothing. So the children that it starts
 * and the connections that it opens while it is {@linkplain #bind bound} are registered here; {@link #cancel} ends them,
 * and the thread that waits for them gets an error and cleans up by itself.
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
     * @param name such as {@code backup of vikunja}
     * @param holding whether it holds what others wait for, such as a lock
     */
    public Progress(String name, boolean holding) {
        this.name = name;
        this.holding = holding;
    }

    private record Resource(Runnable end, BooleanSupplier isOver) {}

    /** A thread's part of the work; closed by the same thread. */
    @FunctionalInterface
    public interface Binding extends AutoCloseable {
        @Override
        void close();
    }

    /** Returns the work that this thread is bound to; work that nobody watches where it is bound to none. */
    public static Progress current() {
        Progress bound = CURRENT.get();
        return bound == null ? new Progress("", false) : bound;
    }

    /** Binds this thread to the work until the binding is closed; what an earlier binding said holds again after it. */
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

    /** The interruption was meant for this work, and not for what the thread does next. */
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

    /** The work begins another step. */
    public synchronized void step(String begun) {
        step = begun;
        movedAt = System.nanoTime();
        if (waiting) {
            waiting = false;
            workingSince = movedAt;
        }
    }

    /** The work waits for another process, which ends its own stuck work: this time does not count. */
    public synchronized void waitsElsewhere() {
        movedAt = System.nanoTime();
        workedNanos = 0;
        workingSince = movedAt;
    }

    /** The work waits for other work; how long is not its own doing. */
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

    /** So many bytes more have been read, written or counted. */
    public void moved(long more) {
        bytes.addAndGet(more);
        movedAt = System.nanoTime();
    }

    /** So many bytes more are to be worked on. */
    public void grow(long more) {
        sizeBytes.addAndGet(more);
    }

    /** @param isOver whether {@code end} has nothing to end any more */
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
     * Ends its children and connections, and interrupts its threads.
     *
     * @return what could not be ended, one line each
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

    /** Why it was cancelled; empty when it was not. */
    public Optional<String> cancelled() {
        return Optional.ofNullable(reason);
    }

    /**
     * How it stands.
     *
     * @param silence since the last byte or step
     * @param worked in all, without the time that it waited for other work
     * @param cancelled since it was cancelled; empty when it was not
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

    /** The same stream; each byte that is read is a step further. */
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

    /** The same stream; each byte that is written is a step further. */
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
