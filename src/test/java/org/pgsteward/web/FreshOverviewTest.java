package org.pgsteward.web;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.pgsteward.overview.Overview;

@Tag("fast")
@Timeout(300)
class FreshOverviewTest {
    private static final Duration LONG = Duration.ofMinutes(1);

    private final AtomicInteger looks = new AtomicInteger();
    private final CountDownLatch answers = new CountDownLatch(1);

    @Test
    void aStormOfReloadsIsOneLook() {
        FreshOverview overviews = new FreshOverview(this::look, FreshOverviewTest::overview, LONG, LONG);
        List<CompletableFuture<Overview>> asked = Stream.generate(() -> CompletableFuture.supplyAsync(overviews))
                .limit(100)
                .toList();
        answers.countDown();
        assertThat(asked).allSatisfy(one -> assertThat(one.join().trouble()).contains("look 1"));
        assertThat(looks).hasValue(1);
    }

    @Test
    void laterRequestGetsANewReading() {
        FreshOverview overviews = new FreshOverview(this::look, FreshOverviewTest::overview, Duration.ZERO, LONG);
        answers.countDown();
        assertThat(overviews.get().trouble()).contains("look 1");
        assertThat(overviews.get().trouble()).contains("look 2");
    }

    @Test
    void hangingReadingShowsThePreviousAndStartsNoOther() {
        FreshOverview overviews = new FreshOverview(this::look, FreshOverviewTest::overview, LONG, Duration.ZERO);
        assertThat(overviews.get().trouble()).contains("PostgreSQL has not answered for 0 s");
        assertThat(overviews.get().trouble()).contains("PostgreSQL has not answered for 0 s");
        answers.countDown();
        org.awaitility.Awaitility.await().until(() -> overviews.get().trouble().equals(Optional.of("look 1")));
        assertThat(looks).hasValue(1);
    }

    private Overview look() {
        int number = looks.incrementAndGet();
        try {
            answers.await();
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
        return overview("look " + number);
    }

    private static Overview overview(String trouble) {
        return StatusPageTest.overview(Optional.of(trouble), List.of(), List.of());
    }
}
