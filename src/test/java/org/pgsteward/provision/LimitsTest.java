package org.pgsteward.provision;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.pgsteward.alert.Alert;
import org.pgsteward.engine.OversizedContainer;
import org.pgsteward.model.Condition;
import org.pgsteward.model.Console;
import org.pgsteward.model.Severity;

@Tag("fast")
class LimitsTest {
    private static final Instant NOW = Instant.parse("2026-01-01T00:00:00Z");
    private static final Console CONSOLE = new Console("postgresql", "homelab", "homelab");

    @Test
    void everythingOfOneSubjectIsOneAlertWithTheLinesThatRepairIt() {
        Excess setting = new Excess(
                "shop",
                "",
                "shop",
                "setting a of role shop has 40000 bytes",
                "ALTER ROLE shop RESET a",
                Map.of("bytes", 40_000));
        Excess comment = new Excess(
                "",
                "shop",
                "shop",
                "the comment on database shop has 50000 bytes",
                "COMMENT ON DATABASE shop IS NULL",
                Map.of("bytes", 50_000));

        assertThat(conditions(List.of(setting, comment), List.of(), List.of()))
                .singleElement()
                .satisfies(condition -> {
                    assertThat(condition.key()).isEqualTo("limit-exceeded:shop");
                    assertThat(condition.severity()).contains(Severity.WARNING);
                    assertThat(condition.reason())
                            .isEqualTo(
                                    "setting a of role shop has 40000 bytes; the comment on database shop has 50000 bytes");
                    assertThat(condition.remedy())
                            .isEqualTo(
                                    "docker exec postgresql psql -U homelab -d homelab -c \"ALTER ROLE shop RESET a\"\n"
                                            + "docker exec postgresql psql -U homelab -d homelab -c \"COMMENT ON DATABASE shop IS NULL\"");
                    assertThat(condition.figures()).containsEntry("bytes", 40_000);
                });
    }

    @Test
    void aContainerThatIsNotReadIsNamedWithItsLimit() {
        OversizedContainer large = new OversizedContainer("1", "evil", 262_145, 262_144, Map.of());
        assertThat(conditions(List.of(), List.of(large), List.of()))
                .singleElement()
                .satisfies(condition -> {
                    assertThat(condition.service()).isEqualTo("evil");
                    assertThat(condition.reason())
                            .isEqualTo(
                                    "container evil is not read: Docker's description of it exceeds the limit of 262144"
                                            + " bytes. Its labels or variables are too large");
                    assertThat(condition.remedy())
                            .startsWith("docker inspect --format '{{json .Config.Labels}}' evil | cut");
                });
    }

    /** Once, the alert named the small container that was left out, and its remedy inspected that container. */
    @Test
    void containerThatTookTheRoomIsNamed() {
        Map<String, Long> largest = new LinkedHashMap<>();
        largest.put("evil", 250_000L);
        largest.put("evil2", 240_000L);
        OversizedContainer small = new OversizedContainer("1", "shop", 241, 2_097_152, largest);
        assertThat(conditions(List.of(), List.of(small), List.of()))
                .singleElement()
                .satisfies(condition -> {
                    assertThat(condition.reason())
                            .isEqualTo("container shop is not read: its labels and variables have 241 characters, and"
                                    + " all containers together may have 2097152. The largest are evil (250000),"
                                    + " evil2 (240000)");
                    assertThat(condition.remedy())
                            .startsWith("docker inspect --format '{{json .Config.Labels}}' evil | cut");
                });
    }

    @Test
    void alertResolvesWithinTheLimits() {
        Alert.Cause cause = new Alert.Cause(Severity.WARNING, "too large", "", Map.of(), NOW);
        Alert fires = new Alert(
                "limit-exceeded",
                "shop",
                NOW,
                Severity.WARNING,
                Map.of("look", cause),
                cause,
                null,
                null,
                List.of(NOW));
        Alert another = new Alert(
                "memory-high", "shop", NOW, Severity.WARNING, Map.of("look", cause), cause, null, null, List.of(NOW));

        assertThat(conditions(List.of(), List.of(), List.of(fires, another)))
                .containsExactly(Condition.well("limit-exceeded", "shop", "it is within its limits again", NOW))
                .allSatisfy(condition -> assertThat(condition.severity()).isEqualTo(Optional.empty()));
    }

    private static List<Condition> conditions(
            List<Excess> excesses, List<OversizedContainer> containers, List<Alert> firing) {
        return Limits.conditions(excesses, containers, firing, CONSOLE, NOW);
    }
}
