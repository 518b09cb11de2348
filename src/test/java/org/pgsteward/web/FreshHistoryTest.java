package org.pgsteward.web;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.pgsteward.journal.ServiceHistory;

@Tag("fast")
@Timeout(300)
class FreshHistoryTest {
    private static final Duration LONG = Duration.ofMinutes(1);

    private final AtomicInteger queries = new AtomicInteger();
    private final CountDownLatch answers = new CountDownLatch(1);

    @Test
    void repeatedRequestsOfOneServiceAreOneQuery() {
        answers.countDown();
        FreshHistory histories = new FreshHistory(this::query, LONG, LONG);
        for (int i = 0; i < 100; i++) {
            assertThat(histories.of("wiki").history().orElseThrow().image()).contains("wiki 1");
        }
        assertThat(queries).hasValue(1);
        assertThat(histories.of("shop").history().orElseThrow().image()).contains("shop 2");
    }

    @Test
    void laterRequestIsANewQuery() {
        answers.countDown();
        FreshHistory histories = new FreshHistory(this::query, Duration.ZERO, LONG);
        assertThat(histories.of("wiki").history().orElseThrow().image()).contains("wiki 1");
        assertThat(histories.of("wiki").history().orElseThrow().image()).contains("wiki 2");
    }

    @Test
    void hangingQueryIsReportedAndStartsNoOther() {
        FreshHistory histories = new FreshHistory(this::query, LONG, Duration.ZERO);
        assertThat(histories.of("wiki").trouble()).isEqualTo("PostgreSQL has not answered for 0 s");
        assertThat(histories.of("wiki").history()).isEmpty();
        assertThat(histories.of("shop").trouble()).isEqualTo("PostgreSQL has not answered for 0 s");
        answers.countDown();
        await().until(() -> histories.of("wiki").history().isPresent());
        assertThat(queries).hasValue(1);
    }

    @Test
    void refusedQueryHasTheReason() {
        FreshHistory histories = new FreshHistory(
                service -> {
                    throw new SQLException("canceling statement due to statement timeout", "57014");
                },
                LONG,
                LONG);
        assertThat(histories.of("wiki").history()).isEmpty();
        assertThat(histories.of("wiki").trouble()).contains("statement timeout");
    }

    private ServiceHistory query(String service) {
        int number = queries.incrementAndGet();
        try {
            answers.await();
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
        return new ServiceHistory(Optional.of(service + " " + number), List.of(), List.of(), List.of());
    }
}
