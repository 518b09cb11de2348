package org.pgsteward.camel.timers;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

@Tag("fast")
class QuartzThreadsTest {
    private final QuartzThreads threads = new QuartzThreads();
    private final CountDownLatch end = new CountDownLatch(1);

    @BeforeEach
    void twoJobsAtATime() {
        threads.setThreadCount(2);
    }

    @AfterEach
    void stop() {
        end.countDown();
        threads.shutdown(true);
    }

    @Test
    void aThirdJobWaitsForThePlaceOfAnother() throws Exception {
        assertThat(threads.blockForAvailableThreads()).isEqualTo(2);
        assertThat(threads.runInThread(this::awaitEnd)).isTrue();
        assertThat(threads.blockForAvailableThreads()).isEqualTo(1);
        assertThat(threads.runInThread(this::awaitEnd)).isTrue();

        CompletableFuture<Integer> free = CompletableFuture.supplyAsync(threads::blockForAvailableThreads);
        CountDownLatch third = new CountDownLatch(1);
        CompletableFuture<Boolean> begun = CompletableFuture.supplyAsync(() -> threads.runInThread(third::countDown));
        assertThat(free).isNotDone();
        assertThat(begun).isNotDone();

        end.countDown();
        assertThat(third.await(20, TimeUnit.SECONDS)).isTrue();
        assertThat(begun.get(20, TimeUnit.SECONDS)).isTrue();
        assertThat(free.get(20, TimeUnit.SECONDS)).isPositive();
    }

    @Test
    void aFailedJobLeavesItsPlace() {
        List<CompletableFuture<?>> failed = new ArrayList<>();
        for (int i = 0; i < 10; i++) {
            CompletableFuture<?> job = new CompletableFuture<>();
            failed.add(job);
            assertThat(threads.runInThread(() -> {
                        job.complete(null);
                        throw new IllegalStateException("of the test");
                    }))
                    .isTrue();
        }
        assertThat(CompletableFuture.allOf(failed.toArray(CompletableFuture[]::new)))
                .succeedsWithin(Duration.ofSeconds(20));
        Awaitility.await().until(() -> threads.blockForAvailableThreads() == 2);
    }

    @Test
    void afterAShutdownNoJobBegins() {
        threads.shutdown(false);
        assertThat(threads.runInThread(end::countDown)).isFalse();
        assertThat(end.getCount()).isEqualTo(1);
    }

    private void awaitEnd() {
        try {
            end.await();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
