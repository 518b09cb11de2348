package org.pgsteward.monitor;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.pgsteward.monitor.Containers.NOON;

import java.time.Instant;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.pgsteward.model.Condition;
import org.pgsteward.model.Severity;

class PostgresWatchTest {
    private final PostgresWatch watch = new PostgresWatch();

    @Test
    void oneFailedProbeIsNotNews() {
        assertThat(silent(0)).isEmpty();
    }

    @Test
    void theSecondIsAndSaysSinceWhenAndWhy() {
        silent(0);

        Condition condition = silent(10).orElseThrow();

        assertThat(condition.severity()).contains(Severity.CRITICAL);
        assertThat(condition.reason())
                .isEqualTo("postgresql:5432 has not answered since 2026-05-01T12:00:00Z (2 probes in 10 s): Connection"
                        + " refused");
        assertThat(condition.remedy()).contains("docker start postgresql");
    }

    @Test
    void oneGoodProbeEndsItAndTheCountStartsAnew() {
        silent(0);
        silent(10);

        assertThat(watch.judge(PostgresReading.answered("postgresql:5432", NOON))
                        .orElseThrow()
                        .severity())
                .isEmpty();
        assertThat(silent(20)).isEmpty();
    }

    @Test
    void aLoginThatIsRefusedIsToldAsThatAndNotAsAnOutage() {
        assertThat(refused(0)).isEmpty();
        Condition refused = refused(10).orElseThrow();
        assertThat(refused.reason()).startsWith("postgresql:5432 has not let pgsteward in since ");
        assertThat(refused.remedy()).contains("secrets/postgres_password").doesNotContain("docker start");
    }

    @Test
    void refusesToFireOnNoProbe() {
        assertThatThrownBy(() -> watch.setFailures(0)).hasMessageContaining("failures is 0");
    }

    private Optional<Condition> refused(int second) {
        return watch.judge(PostgresReading.refused("postgresql:5432", "wrong password", NOON.plusSeconds(second)));
    }

    private Optional<Condition> silent(int second) {
        Instant at = NOON.plusSeconds(second);
        return watch.judge(PostgresReading.silent("postgresql:5432", "Connection refused", at));
    }
}
