package org.pgsteward.backup.dump;

import java.util.Map;
import java.util.Objects;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import org.pgsteward.io.Threads;
import org.pgsteward.postgres.Progress;

/**
 * The count of the rows that a backup must contain, in a thread of its own beside the program that makes the backup.
 */
final class RowCount {
    private static final int STACK_BYTES = 256 * 1024;

    private RowCount() {}

    /** @param count if it throws, the future fails with that exception as the cause of a {@link CompletionException} */
    static CompletableFuture<Map<String, Long>> start(String thread, Callable<Map<String, Long>> count) {
        Progress progress = Progress.current();
        return CompletableFuture.supplyAsync(
                () -> {
                    try (Progress.Binding bound = progress.bind()) {
                        Objects.requireNonNull(bound);
                        return count.call();
                    } catch (InterruptedException e) {
                        Thread.currentThread().interrupt();
                        throw new CompletionException(e);
                    } catch (Exception e) {
                        throw new CompletionException(e);
                    }
                },
                work -> Threads.start(thread, STACK_BYTES, work));
    }
}
