package org.pgsteward.camel.timers;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.camel.Endpoint;
import org.apache.camel.impl.DefaultCamelContext;
import org.apache.camel.support.ScheduledPollConsumer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

@Tag("fast")
class PollTimerTest {
    private final DefaultCamelContext context = new DefaultCamelContext();
    private final AtomicInteger polls = new AtomicInteger();
    private final AtomicInteger atOnce = new AtomicInteger();
    private final AtomicInteger mostAtOnce = new AtomicInteger();
    private final Set<String> threads = ConcurrentHashMap.newKeySet();
    private volatile CountDownLatch gate = new CountDownLatch(0);
    private volatile boolean ignoresInterrupts;

    @AfterEach
    void stop() throws IOException {
        gate.countDown();
        context.close();
    }

    /** A consumer that counts its polls. */
    private final class Polling extends ScheduledPollConsumer {
        Polling(Endpoint endpoint) {
            super(endpoint, exchange -> {});
            setScheduler(new PollTimer());
            setInitialDelay(0);
            setDelay(1);
        }

        @Override
        protected int poll() throws Exception {
            threads.add(Thread.currentThread().getName());
            mostAtOnce.accumulateAndGet(atOnce.incrementAndGet(), Math::max);
            polls.incrementAndGet();
            try {
                pass(gate);
            } finally {
                atOnce.decrementAndGet();
            }
            return 0;
        }

        private void pass(CountDownLatch gate) throws InterruptedException {
            while (gate.getCount() > 0) {
                try {
                    gate.await();
                } catch (InterruptedException e) {
                    if (!ignoresInterrupts) {
                        throw e;
                    }
                }
            }
        }
    }

    @Test
    void pollsOnSharedThreadsUntilItStops() {
        Polling consumer = started();

        await().until(() -> polls.get() > 10);
        consumer.stop();

        assertThat(threads).containsExactly("timer");
        await().until(() -> atOnce.get() == 0);
        int before = polls.get();
        Polling other = started();
        await().until(() -> polls.get() > before + 20);
        other.stop();
        assertThat(mostAtOnce).hasValue(1);
    }

    @Test
    void stopInterruptsAPoll() {
        gate = new CountDownLatch(1);
        Polling consumer = started();
        await().until(() -> atOnce.get() == 1);

        consumer.stop();

        await().until(() -> atOnce.get() == 0);
        assertThat(polls).hasValue(1);
    }

    @Test
    void aConsumerThatStartsAgainDuringAPollHasOneSchedule() throws Exception {
        ignoresInterrupts = true;
        gate = new CountDownLatch(1);
        CountDownLatch first = gate;
        Polling consumer = started();
        await().until(() -> polls.get() == 1);
        consumer.stop();
        consumer.start();
        await().until(() -> polls.get() == 2);

        gate = new CountDownLatch(0);
        first.countDown();
        await().until(() -> atOnce.get() <= 1);
        int before = polls.get();
        mostAtOnce.set(0);

        await().atMost(1, TimeUnit.MINUTES).until(() -> polls.get() > before + 50);
        consumer.stop();
        assertThat(mostAtOnce).hasValue(1);
    }

    private Polling started() {
        context.start();
        Polling consumer = new Polling(context.getEndpoint("direct:nothing"));
        consumer.start();
        return consumer;
    }
}
