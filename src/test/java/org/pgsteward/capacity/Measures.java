package org.pgsteward.capacity;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Properties;

/**
 * The figures of a {@link MeasuredSteward}, and its resident memory according to the kernel. All are peaks since its
 * start, except threads, files, and those with {@code Now} in their name.
 *
 * @param heap bytes, garbage included
 * @param heapAfterCollection bytes after a collection, the largest value
 * @param keptNow bytes after the latest collection
 * @param direct bytes of direct buffers
 * @param collections garbage collections so far
 * @param resident bytes
 * @param cpu nanoseconds
 */
record Measures(
        long heap,
        long heapAfterCollection,
        long keptNow,
        long direct,
        long directNow,
        long collections,
        long resident,
        int threads,
        long files,
        long cpu) {
    static Measures read(Path file, long pid) throws IOException {
        Properties all = new Properties();
        try (InputStream in = Files.newInputStream(file)) {
            all.load(in);
        }
        return new Measures(
                number(all, "heap"),
                number(all, "heap_after_collection"),
                number(all, "kept_now"),
                number(all, "direct"),
                number(all, "direct_now"),
                number(all, "collections"),
                resident(pid),
                (int) number(all, "threads"),
                number(all, "files"),
                number(all, "cpu"));
    }

    private static long number(Properties all, String name) {
        return Long.parseLong(all.getProperty(name));
    }

    private static long resident(long pid) throws IOException {
        return Files.readAllLines(Path.of("/proc/" + pid + "/status")).stream()
                .filter(line -> line.startsWith("VmHWM:"))
                .mapToLong(line -> Long.parseLong(line.replaceAll("\\D", "")) * 1024)
                .findFirst()
                .orElseThrow();
    }
}
