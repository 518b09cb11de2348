package org.pgsteward.backup.copy;

import static org.awaitility.Awaitility.await;

import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import org.awaitility.core.ConditionTimeoutException;

/** Kills the next program that this process starts: rclone, restic, or the ssh of restic. */
final class KilledProgram {
    private static final Duration LIMIT = Duration.ofSeconds(10);

    private KilledProgram() {}

    /**
     * Kills it in the background.
     *
     * @param millis that it may run
     * @return whether one was killed
     */
    static CompletableFuture<Boolean> after(int millis) {
        return CompletableFuture.supplyAsync(() -> {
            try {
                ProcessHandle program = await().atMost(LIMIT)
                        .pollInSameThread()
                        .pollInterval(Duration.ofMillis(1))
                        .until(KilledProgram::find, Optional::isPresent)
                        .orElseThrow();
                // The end of the program, if it comes first.
                program.onExit()
                        .completeOnTimeout(program, millis, java.util.concurrent.TimeUnit.MILLISECONDS)
                        .join();
                return program.destroyForcibly();
            } catch (ConditionTimeoutException noneStarted) {
                return false;
            }
        });
    }

    private static Optional<ProcessHandle> find() {
        return ProcessHandle.current()
                .descendants()
                .filter(process -> process.info().command().orElse("").matches(".*/(rclone|restic)"))
                .findFirst();
    }
}
