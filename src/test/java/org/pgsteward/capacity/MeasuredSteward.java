package org.pgsteward.capacity;

import com.sun.management.UnixOperatingSystemMXBean;
import java.io.IOException;
import java.lang.management.BufferPoolMXBean;
import java.lang.management.GarbageCollectorMXBean;
import java.lang.management.ManagementFactory;
import java.lang.management.MemoryPoolMXBean;
import java.lang.management.MemoryUsage;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.List;
import java.util.Properties;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.pgsteward.Steward;

/**
 * pgsteward with a thread that samples its memory five times a second and writes a file with all figures every second.
 */
final class MeasuredSteward {
    private static final UnixOperatingSystemMXBean SYSTEM =
            (UnixOperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean();

    // Each call creates names and proxies, which costs more than all measured work.
    private static final List<MemoryPoolMXBean> POOLS = ManagementFactory.getMemoryPoolMXBeans();
    private static final List<BufferPoolMXBean> BUFFERS = ManagementFactory.getPlatformMXBeans(BufferPoolMXBean.class);
    private static final List<GarbageCollectorMXBean> COLLECTORS = ManagementFactory.getGarbageCollectorMXBeans();

    private static final int SAMPLES_PER_FILE = 5;

    private final Path file;
    private long samples;
    private long heap;
    private long afterCollection;
    private long direct;

    private MeasuredSteward(Path file) {
        this.file = file;
    }

    /** @param arguments the file to write, then the arguments of pgsteward */
    public static void main(String[] arguments) throws Exception {
        MeasuredSteward measured = new MeasuredSteward(Path.of(arguments[0]));
        ScheduledExecutorService beside = Executors.newSingleThreadScheduledExecutor(work -> {
            Thread thread = new Thread(null, work, "measure", 128 * 1024);
            thread.setDaemon(true);
            return thread;
        });
        var sampling = beside.scheduleAtFixedRate(measured::sample, 0, 200, TimeUnit.MILLISECONDS);
        String[] own = new String[arguments.length - 1];
        System.arraycopy(arguments, 1, own, 0, own.length);
        try {
            Steward.main(own);
        } finally {
            sampling.cancel(false);
        }
    }

    private void sample() {
        heap = Math.max(
                heap, ManagementFactory.getMemoryMXBean().getHeapMemoryUsage().getUsed());
        long kept = 0;
        for (MemoryPoolMXBean pool : POOLS) {
            MemoryUsage usage = pool.getCollectionUsage();
            kept += usage == null ? 0 : usage.getUsed();
        }
        afterCollection = Math.max(afterCollection, kept);
        long now = BUFFERS.stream().mapToLong(BufferPoolMXBean::getMemoryUsed).sum();
        direct = Math.max(direct, now);
        if (samples++ % SAMPLES_PER_FILE == 0) {
            write(kept, now);
        }
    }

    private void write(long kept, long now) {
        Properties all = new Properties();
        all.setProperty("heap", Long.toString(heap));
        all.setProperty("heap_after_collection", Long.toString(afterCollection));
        all.setProperty("kept_now", Long.toString(kept));
        all.setProperty("direct", Long.toString(direct));
        all.setProperty("direct_now", Long.toString(now));
        all.setProperty(
                "threads", Integer.toString(ManagementFactory.getThreadMXBean().getThreadCount()));
        all.setProperty("files", Long.toString(SYSTEM.getOpenFileDescriptorCount()));
        long collections = 0;
        for (GarbageCollectorMXBean collector : COLLECTORS) {
            collections += collector.getCollectionCount();
        }
        all.setProperty("collections", Long.toString(collections));
        all.setProperty("cpu", Long.toString(SYSTEM.getProcessCpuTime()));
        try {
            Path part = file.resolveSibling(file.getFileName() + ".part");
            try (var out = Files.newOutputStream(part)) {
                all.store(out, null);
            }
            Files.move(part, file, StandardCopyOption.ATOMIC_MOVE);
        } catch (IOException e) {
            throw new IllegalStateException(e);
        }
    }
}
