package org.pgsteward.monitor;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.pgsteward.containers.SampleContainers.NOON;

import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.pgsteward.model.Condition;
import org.pgsteward.model.Severity;

@Tag("fast")
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
        assertThat(condition.began()).isEqualTo(NOON);
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
    void refusedLoginIsNoOutage() {
        assertThat(refused(0)).isEmpty();
        Condition refused = refused(10).orElseThrow();
        assertThat(refused.reason()).startsWith("postgresql:5432 has refused pgsteward's login since ");
        assertThat(refused.remedy()).contains("secrets/postgres_password").doesNotContain("docker start");
    }

    /** The reason for this rule was a false alarm at a load of 25. */
    @Test
    void aHostWithoutAProcessorForUsIsNotTheServersFault() {
        for (int look = 0; look < 6; look++) {
            assertThat(late(10 * look, Duration.ofSeconds(8), 0)).isEmpty();
        }
        assertThat(silent(60)).isEmpty();
        assertThat(silent(70)).isPresent();
    }

    @Test
    void aBusyHostIsNoExcuseForEver() {
        for (int look = 0; look < 7; look++) {
            assertThat(late(20 * look, Duration.ZERO, 0.97)).isEmpty();
        }
        assertThat(late(140, Duration.ZERO, 0.97).orElseThrow().severity()).contains(Severity.CRITICAL);
    }

    @Test
    void aTimeOutOnAQuietHostCounts() {
        assertThat(late(0, Duration.ofMillis(300), 0.2)).isEmpty();
        assertThat(late(10, Duration.ofMillis(300), 0.2)).isPresent();
    }

    @Test
    void namesTheContainerThatHoldsTheConnections() {
        Optional<Crowd> crowd =
                Crowd.of(Map.of("172.18.0.5", 244, "172.18.0.2", 6), Map.of("172.18.0.5", "wiki", "172.18.0.2", "web"));
        watch.judge(full(0, crowd));

        Condition down = watch.judge(full(10, crowd)).orElseThrow();

        assertThat(down.reason())
                .endsWith("too many clients already; container wiki (172.18.0.5) holds 244 of its 250 connections,"
                        + " with or without a login");
        assertThat(down.remedy()).startsWith("docker stop wiki ");
        assertThat(down.figures()).containsEntry("crowdAddress", "172.18.0.5");
    }

    @Test
    void namesTheAddressThatIsNoContainers() {
        Crowd crowd = Crowd.of(Map.of("10.0.0.9", 20), Map.of()).orElseThrow();

        assertThat(crowd.words()).startsWith("10.0.0.9 holds 20 of its 20 connections");
        assertThat(crowd.remedy()).contains("the program at 10.0.0.9");
        assertThat(Crowd.of(Map.of("10.0.0.9", 19), Map.of())).isEmpty();
        assertThat(Crowd.of(Map.of(), Map.of())).isEmpty();
    }

    private PostgresReading full(int second, Optional<Crowd> crowd) {
        return PostgresReading.silent("postgresql:5432", "too many clients already", NOON.plusSeconds(second))
                .by(crowd);
    }

    @Test
    void readsTheKernelsPressure() {
        assertThat(SchedulingDelay.pressure("some avg10=93.41 avg60=80.00 avg300=70.12 total=1\nfull avg10=0.00"))
                .isEqualTo(0.93);
        assertThat(SchedulingDelay.pressure("")).isZero();
    }

    private Optional<Condition> late(int second, Duration delay, double pressure) {
        return watch.judge(PostgresReading.silent("postgresql:5432", "no answer", NOON.plusSeconds(second))
                .on(new PostgresReading.Load(delay, pressure)));
    }

    @Test
    void refusesToFireOnNoProbe() {
        assertThatThrownBy(() -> new PostgresRule(0)).hasMessageContaining("failures is 0");
    }

    private Optional<Condition> refused(int second) {
        return watch.judge(PostgresReading.refused("postgresql:5432", "wrong password", NOON.plusSeconds(second)));
    }

    private Optional<Condition> silent(int second) {
        Instant at = NOON.plusSeconds(second);
        return watch.judge(PostgresReading.silent("postgresql:5432", "Connection refused", at));
    }
}
