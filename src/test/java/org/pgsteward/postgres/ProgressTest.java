package org.pgsteward.postgres;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.time.Duration;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

@Tag("fast")
class ProgressTest {
    private static final Duration SOME = Duration.ofMillis(20);

    private final Progress progress = new Progress("backup of wiki", true);

    @Test
    void countsTheTimeThatItWorks() {
        await().until(() -> worked().compareTo(SOME) > 0);
    }

    @Test
    void doesNotCountTheTimeThatItWaits() {
        progress.waitsFor("another dump");
        Duration before = worked();
        await().until(() -> progress.state().silence().compareTo(SOME) > 0);
        assertThat(worked()).isEqualTo(before);

        progress.step("dumps");
        await().until(() -> worked().compareTo(before.plus(SOME)) > 0);
    }

    @Test
    void beginsToCountAfterItWaitedForAnotherProcess() {
        Duration awhile = Duration.ofMillis(300);
        await().until(() -> worked().compareTo(awhile) > 0);
        progress.waitsElsewhere();
        assertThat(worked()).isLessThan(awhile);
    }

    private Duration worked() {
        return progress.state().worked();
    }
}
