package org.pgsteward.io;

import java.util.concurrent.ThreadFactory;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Factory of named daemon threads, which do not keep the process alive. An exception that ends a thread is logged. */
public final class Threads {
    /** The stack size that the JVM chooses. */
    public static final long DEFAULT_STACK = 0;

    private static final Logger LOG = LoggerFactory.getLogger(Threads.class);

    private Threads() {}

    /**
     * Creates a thread without starting it.
     *
     * @param stackBytes the stack size in bytes, or {@link #DEFAULT_STACK}
     */
    public static Thread daemon(String name, long stackBytes, Runnable work) {
        Thread thread = new Thread(null, work, name, stackBytes);
        thread.setDaemon(true);
        thread.setUncaughtExceptionHandler((ended, failure) -> LOG.error("thread {} failed", ended.getName(), failure));
        return thread;
    }

    /**
     * Starts a daemon thread.
     *
     * @param stackBytes the stack size in bytes, or {@link #DEFAULT_STACK}
     */
    public static Thread start(String name, long stackBytes, Runnable work) {
        Thread thread = daemon(name, stackBytes, work);
        thread.start();
        return thread;
    }

    /** Returns the factory of an executor whose threads all have this name. */
    public static ThreadFactory factory(String name, long stackBytes) {
        return work -> daemon(name, stackBytes, work);
    }
}
