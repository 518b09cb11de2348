package org.pgsteward.postgres.guard;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

@Tag("fast")
class LockTableUseTest {
    private final UsualUse usual = new UsualUse(Duration.ofSeconds(10), 1);

    @Test
    void roleWithMostNewLocksIsResponsible() {
        LockTableUse use = new LockTableUse(31_232, 28_000, false, false, Map.of("photos", 8_000L, "evil", 19_000L));

        assertThat(use.isNearlyFull()).isTrue();
        assertThat(use.responsible(usual)).contains("evil");
        assertThat(use.isLarge("evil")).isTrue();
        assertThat(use.isLarge("photos")).isFalse();
    }

    /** Two roles divided the locks so that each had fewer than an innocent role. */
    @Test
    void latestRoleIsResponsibleNotTheEarlierOne() {
        Instant at = Instant.EPOCH;
        usual.add(at, Map.of(), false);
        usual.add(at.plusSeconds(3), Map.of("photos", 8_604L), false);

        LockTableUse use = new LockTableUse(
                31_232, 25_500, false, false, Map.of("photos", 8_604L, "evil", 8_440L, "evil2", 8_440L));

        assertThat(use.responsible(usual)).contains("evil2");
    }

    @Test
    void withoutLocksOfOrdinaryRolesNoneIsResponsible() {
        assertThat(new LockTableUse(31_232, 30_000, false, false, Map.of()).responsible(usual))
                .isEmpty();
        assertThat(new LockTableUse(31_232, 24_985, false, false, Map.of()).isNearlyFull())
                .isFalse();
    }
}
