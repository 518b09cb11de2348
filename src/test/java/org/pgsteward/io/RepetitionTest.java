package org.pgsteward.io;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.pgsteward.camel.receivers.CapturedLog;

@Tag("fast")
class RepetitionTest {
    private static final Duration AT_ONCE = Duration.ofMillis(1);
    private static final Duration NEVER = Duration.ofDays(1);

    @Test
    void repeatsTheWorkAndTheWorkDecidesThePause() {
        AtomicInteger runs = new AtomicInteger();
        try (Repetition repetition =
                Repetition.begin("counting", Duration.ZERO, () -> runs.incrementAndGet() < 3 ? AT_ONCE : NEVER)) {
            await().until(() -> runs.get() == 3);
            assertThat(repetition).isNotNull();
        }
    }

    @Test
    void goesOnAfterAFailureWhichTheLogNames() throws Exception {
        AtomicInteger runs = new AtomicInteger();
        try (CapturedLog log = new CapturedLog();
                Repetition repetition = Repetition.begin("the count", Duration.ZERO, AT_ONCE, () -> {
                    if (runs.incrementAndGet() == 1) {
                        throw new IllegalStateException("on purpose");
                    }
                })) {
            await().until(() -> runs.get() > 2);
            assertThat(repetition).isNotNull();
            assertThat(log.text()).containsOnlyOnce("the count failed, and goes on");
        }
    }

    @Test
    void manyShareTheirThreads() throws Exception {
        int many = 200;
        CountDownLatch ran = new CountDownLatch(many);
        List<Repetition> repetitions = new ArrayList<>();
        long before = threads();
        for (int i = 0; i < many; i++) {
            repetitions.add(Repetition.begin("one of many", AT_ONCE, NEVER, ran::countDown));
        }

        assertThat(ran.await(1, TimeUnit.MINUTES)).isTrue();
        await().until(() -> threads() <= before + 1);
        repetitions.forEach(Repetition::close);
    }

    @Test
    void closingInterruptsTheRunAndWaitsForItsEnd() throws Exception {
        CountDownLatch began = new CountDownLatch(1);
        AtomicBoolean interrupted = new AtomicBoolean();
        Repetition repetition = Repetition.begin("waiting", Duration.ZERO, AT_ONCE, () -> {
            began.countDown();
            try {
                new CountDownLatch(1).await();
            } catch (InterruptedException e) {
                interrupted.set(true);
                // The next work of this thread must not see it.
                Thread.currentThread().interrupt();
            }
        });
        assertThat(began.await(1, TimeUnit.MINUTES)).isTrue();

        repetition.close();

        assertThat(interrupted).isTrue();
    }

    @Test
    void closedWorkDoesNotRunAgain() throws Exception {
        AtomicInteger runs = new AtomicInteger();
        Repetition repetition = Repetition.begin("closed", Duration.ofMillis(50), AT_ONCE, runs::incrementAndGet);
        repetition.close();

        Future<?> later = Timers.after(TimeUnit.MILLISECONDS.toNanos(200), () -> {});

        await().until(later::isDone);
        assertThat(runs).hasValue(0);
    }

    private static long threads() {
        return Thread.getAllStackTraces().keySet().stream()
                .filter(thread -> thread.getName().startsWith("timer"))
                .count();
    }
}
