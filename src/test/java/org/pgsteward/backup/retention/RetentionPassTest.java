package org.pgsteward.backup.retention;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Instant;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

@Tag("fast")
class RetentionPassTest {
    private static final Instant NOW = Instant.parse("2026-01-02T04:30:00Z");

    private final RetentionPass pass = new RetentionPass();

    @BeforeEach
    void firstRemovalUpdatesAtOnce() {
        pass.begin(200);
        assertThat(pass.done(false, NOW)).isFalse();
        assertThat(pass.done(true, NOW)).isTrue();
    }

    @Test
    void twoHundredServicesUpdateOnceMoreAtTheEnd() {
        for (int i = 0; i < 197; i++) {
            assertThat(pass.done(true, NOW)).isFalse();
        }
        assertThat(pass.done(false, NOW)).isTrue();
    }

    @Test
    void aPassWithoutRemovalsUpdatesNothing() {
        pass.begin(1);
        assertThat(pass.done(false, NOW.plusSeconds(3600))).isFalse();
    }

    @Test
    void aLongPassUpdatesInBetween() {
        assertThat(pass.done(true, NOW.plusSeconds(9))).isFalse();
        assertThat(pass.done(false, NOW.plusSeconds(10))).isTrue();
        assertThat(pass.done(false, NOW.plusSeconds(30))).isFalse();
    }

    @Test
    void aPassThatBreaksOffLeavesItsUpdateToTheNext() {
        assertThat(pass.done(true, NOW)).isFalse();

        pass.begin(1);

        assertThat(pass.done(false, NOW)).isTrue();
    }

    @Test
    void aSingleServiceOutsideOfAPassUpdatesAtOnce() {
        pass.begin(0);
        assertThat(pass.done(true, NOW)).isTrue();
        assertThat(pass.done(true, NOW)).isTrue();
    }
}
