package org.pgsteward.camel.timers;

import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.Semaphore;
import java.util.concurrent.SynchronousQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import org.pgsteward.io.Threads;
import org.quartz.spi.ThreadPool;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The threads of Quartz's jobs. Quartz's own pool keeps all its threads for ever, although nearly all of them wait nearly
 * always. Here a thread ends soon after its job. Quartz makes an instance by the name of the class, in
 * {@code application.properties}.
 */
public final class QuartzThreads implements ThreadPool {
    private static final Logger LOG = LoggerFactory.getLogger(QuartzThreads.class);

    private static final int DEFAULT_COUNT = 3;

    private static final long IDLE_SECONDS = 5;

    private final ThreadPoolExecutor threads = new ThreadPoolExecutor(
            0,
            Integer.MAX_VALUE,
            IDLE_SECONDS,
            TimeUnit.SECONDS,
            new SynchronousQueue<>(),
            Threads.factory("quartz-job", Threads.DEFAULT_STACK));

    private int count = DEFAULT_COUNT;
    private Semaphore free = new Semaphore(DEFAULT_COUNT);

    /** Sets the largest number of jobs at a time; Quartz calls it with the property {@code threadCount}. */
    public void setThreadCount(int count) {
        this.count = count;
        this.free = new Semaphore(count);
    }

    @Override
    public boolean runInThread(Runnable job) {
        free.acquireUninterruptibly();
        try {
            threads.execute(() -> run(job));
            return true;
        } catch (RejectedExecutionException stopped) {
            free.release();
            return false;
        }
    }

    private void run(Runnable job) {
        try {
            job.run();
        } finally {
            free.release();
        }
    }

    /** Waits until a job can start, and returns the number of jobs that can. */
    @Override
    public int blockForAvailableThreads() {
        free.acquireUninterruptibly();
        free.release();
        return Math.max(1, free.availablePermits());
    }

    @Override
    public void initialize() {
        // The threads are made when they are needed.
    }

    @Override
    public void shutdown(boolean waitForJobs) {
        threads.shutdown();
        if (!waitForJobs) {
            return;
        }
        try {
            boolean ended = threads.awaitTermination(Long.MAX_VALUE, TimeUnit.NANOSECONDS);
            LOG.debug("all jobs ended: {}", ended);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    @Override
    public int getPoolSize() {
        return count;
    }

    @Override
    public void setInstanceId(String id) {
        // The pool has no use for it.
    }

    @Override
    public void setInstanceName(String name) {
        // The pool has no use for it.
    }
}
