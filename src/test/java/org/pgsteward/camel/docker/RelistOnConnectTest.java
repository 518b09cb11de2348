package org.pgsteward.camel.docker;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Events must not wait for a list that takes long. */
@Tag("fast")
@Timeout(value = 50, unit = TimeUnit.SECONDS, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class RelistOnConnectTest {
    private final AtomicBoolean listed = new AtomicBoolean();
    private final AtomicInteger begun = new AtomicInteger();
    private final CountDownLatch over = new CountDownLatch(1);

    @Test
    void eventsGoOnWhileAListIsWorkedThrough() {
        listed.set(true);
        RelistOnConnect connected = new RelistOnConnect(this::longList, listed::get);
        for (int stream = 1; stream <= 5; stream++) {
            connected.run();
        }

        await().until(() -> begun.get() == 1);
        assertThat(over.getCount()).as("the first list is still in progress").isOne();
        over.countDown();

        // One more list is enough for all streams that connected during the first one.
        await().until(() -> begun.get() == 2);
    }

    @Test
    void theFirstEventWaitsForTheFirstListAndNotForItsEnd() {
        new RelistOnConnect(
                        () -> {
                            listed.set(true);
                            longList();
                        },
                        listed::get)
                .run();

        assertThat(listed).isTrue();
        assertThat(over.getCount()).isOne();
        over.countDown();
    }

    @Test
    void anEngineThatGivesNoListDoesNotKeepTheEvents() {
        new RelistOnConnect(
                        () -> {
                            begun.incrementAndGet();
                            throw new IllegalStateException("cannot list containers");
                        },
                        listed::get)
                .run();

        assertThat(begun).hasValue(1);
        assertThat(listed).isFalse();
    }

    private void longList() {
        begun.incrementAndGet();
        try {
            over.await();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
