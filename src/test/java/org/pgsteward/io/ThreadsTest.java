package org.pgsteward.io;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

@Tag("fast")
class ThreadsTest {
    @Test
    void makesADaemonThreadThatIsNotStarted() {
        Thread thread = Threads.daemon("named", 256 * 1024, () -> {});

        assertThat(thread.getName()).isEqualTo("named");
        assertThat(thread.isDaemon()).isTrue();
        assertThat(thread.getState()).isEqualTo(Thread.State.NEW);
    }

    @Test
    void logsAnExceptionThatEndsAThread() throws InterruptedException {
        ByteArrayOutputStream log = new ByteArrayOutputStream();
        PrintStream err = System.err;
        System.setErr(new PrintStream(log, true, UTF_8));
        try {
            Threads.start("failing", Threads.DEFAULT_STACK, () -> {
                        throw new IllegalStateException("out of luck");
                    })
                    .join();
        } finally {
            System.setErr(err);
        }
        assertThat(log.toString(UTF_8))
                .contains("ERROR", "Threads", "thread failing failed", "IllegalStateException: out of luck");
    }

    @Test
    void executorGoesOnAfterATaskThatFailed() throws Exception {
        ExecutorService executor = Executors.newSingleThreadExecutor(Threads.factory("worker", Threads.DEFAULT_STACK));
        try {
            executor.execute(() -> {
                throw new IllegalStateException("the first task fails");
            });
            assertThat(executor.submit(() -> Thread.currentThread().getName()).get(60, TimeUnit.SECONDS))
                    .isEqualTo("worker");
        } finally {
            executor.shutdownNow();
        }
        await().until(executor::isTerminated);
    }
}
