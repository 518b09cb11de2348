package org.pgsteward.camel.timers;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.time.LocalDateTime;
import java.time.ZoneId;
import java.time.format.DateTimeFormatter;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.camel.builder.RouteBuilder;
import org.apache.camel.impl.DefaultCamelContext;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

@Tag("fast")
class SharedTimersTest {
    private static final int MANY = 200;

    private final DefaultCamelContext context = new DefaultCamelContext();

    SharedTimersTest() {
        SharedTimers.bind(context);
    }

    @AfterEach
    void stop() throws IOException {
        context.close();
    }

    @Test
    void manyTimersShareTheirThreads() throws Exception {
        CountDownLatch fired = new CountDownLatch(MANY);
        long before = threads();
        for (int i = 0; i < MANY; i++) {
            route("timer:many%d?period=600000&delay=1".formatted(i), fired::countDown);
        }

        context.start();

        assertThat(fired.await(1, TimeUnit.MINUTES)).isTrue();
        await().until(() -> threads() <= before + 1);
    }

    @Test
    void slowRouteDelaysOnlyItsOwnTimer() throws Exception {
        CountDownLatch release = new CountDownLatch(1);
        AtomicInteger slow = new AtomicInteger();
        CountDownLatch others = new CountDownLatch(20);
        route("timer:slow?period=1&delay=1", () -> {
            slow.incrementAndGet();
            release.await();
        });
        route("timer:other?period=1&delay=1", others::countDown);

        context.start();

        assertThat(others.await(1, TimeUnit.MINUTES)).isTrue();
        assertThat(slow).hasValue(1);
        release.countDown();
        await().until(() -> slow.get() > 1);
    }

    @Test
    void timerFiresAsOftenAsItsRouteWants() throws Exception {
        AtomicInteger three = new AtomicInteger();
        CountDownLatch others = new CountDownLatch(50);
        route("timer:three?period=1&delay=1&repeatCount=3", three::incrementAndGet);
        route("timer:other?period=1&delay=1", others::countDown);

        context.start();

        assertThat(others.await(1, TimeUnit.MINUTES)).isTrue();
        assertThat(three).hasValue(3);
    }

    @Test
    void fixedRateCatchesUp() throws Exception {
        List<Long> times = new CopyOnWriteArrayList<>();
        CountDownLatch waited = new CountDownLatch(1);
        route("timer:rate?period=20&delay=1&fixedRate=true", () -> {
            times.add(System.nanoTime());
            if (times.size() == 1) {
                // The next ten runs are late.
                waited.await(200, TimeUnit.MILLISECONDS);
            }
        });

        context.start();

        await().until(() -> times.size() >= 12);
        assertThat(TimeUnit.NANOSECONDS.toMillis(times.get(9) - times.get(1))).isLessThan(8 * 20);
    }

    @Test
    void timerWaitsForItsTime() throws Exception {
        CountDownLatch fired = new CountDownLatch(1);
        LocalDateTime due = LocalDateTime.now(ZoneId.systemDefault())
                .truncatedTo(ChronoUnit.SECONDS)
                .plusSeconds(2);
        route("timer:at?time=" + DateTimeFormatter.ISO_LOCAL_DATE_TIME.format(due), fired::countDown);

        context.start();

        assertThat(fired.await(1, TimeUnit.MINUTES)).isTrue();
        assertThat(LocalDateTime.now(ZoneId.systemDefault())).isAfterOrEqualTo(due);
    }

    @Test
    void failingRouteIsStartedAgain() throws Exception {
        AtomicInteger runs = new AtomicInteger();
        route("timer:failing?period=1&delay=1&repeatCount=3", () -> {
            runs.incrementAndGet();
            throw new StackOverflowError("a test");
        });

        context.start();

        await().until(() -> runs.get() >= 3);
    }

    @Test
    void stoppedRouteFiresNoMoreAndStartsAgain() throws Exception {
        AtomicInteger runs = new AtomicInteger();
        AtomicInteger others = new AtomicInteger();
        route("timer:one?period=1&delay=1", runs::incrementAndGet);
        route("timer:other?period=1&delay=1", others::incrementAndGet);
        context.start();
        await().until(() -> runs.get() > 0);

        context.getRouteController().stopRoute("timer:one");
        int stopped = runs.get();
        int other = others.get();
        await().until(() -> others.get() > other + 20);
        assertThat(runs).hasValue(stopped);

        context.getRouteController().startRoute("timer:one");
        await().until(() -> runs.get() > stopped);
    }

    /** Work of a route. */
    @FunctionalInterface
    private interface Work {
        void run() throws Exception;
    }

    private void route(String uri, Work work) throws Exception {
        context.addRoutes(new RouteBuilder() {
            @Override
            public void configure() {
                from(uri).routeId(uri.replaceFirst("\\?.*", "")).process(exchange -> work.run());
            }
        });
    }

    private static long threads() {
        return Thread.getAllStackTraces().keySet().stream()
                .filter(thread -> thread.getName().startsWith("timer"))
                .count();
    }
}
