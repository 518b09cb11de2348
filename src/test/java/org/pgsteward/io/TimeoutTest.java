package org.pgsteward.io;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.lang.ref.WeakReference;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

@Tag("fast")
class TimeoutTest {
    @Test
    void actionRunsAfterTheTime() throws Exception {
        CountDownLatch done = new CountDownLatch(1);
        long began = System.nanoTime();

        try (Timeout timeout = Timeout.after(Duration.ofMillis(20), done::countDown)) {
            assertThat(timeout).isNotNull();
            assertThat(done.await(1, TimeUnit.MINUTES)).isTrue();
        }

        assertThat(System.nanoTime() - began).isGreaterThanOrEqualTo(20_000_000L);
    }

    @Test
    void closedTimeoutRunsNothing() throws Exception {
        AtomicInteger runs = new AtomicInteger();
        CountDownLatch later = new CountDownLatch(1);

        Timeout.after(Duration.ofMillis(20), runs::incrementAndGet).close();
        Timeout.after(Duration.ofMillis(40), later::countDown);

        assertThat(later.await(1, TimeUnit.MINUTES)).isTrue();
        assertThat(runs).hasValue(0);
    }

    @Test
    void closedTimeoutReleasesItsAction() {
        WeakReference<byte[]> large = closed(new byte[1 << 20]);

        await().until(() -> {
            System.gc();
            return large.get() == null;
        });
    }

    private static WeakReference<byte[]> closed(byte[] large) {
        Timeout.after(Duration.ofHours(1), () -> large[0]++).close();
        return new WeakReference<>(large);
    }
}
