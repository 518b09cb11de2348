package org.pgsteward.monitor;

import static org.assertj.core.api.Assertions.assertThat;
import static org.pgsteward.monitor.Looks.MIB;
import static org.pgsteward.monitor.Looks.NOON;

import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.pgsteward.model.Condition;
import org.pgsteward.model.Severity;

/** Verdicts of the rules about the state that no session shows. */
@Tag("fast")
class UpkeepRulesTest {
    private static final String LONG = "n".repeat(50);

    @Test
    void missingChecksumsAreInformationOnceAndCanBeSwitchedOff() {
        DatabaseWatch watch = new DatabaseWatch();
        Looks.Quiet quiet = new Looks.Quiet();
        quiet.checksums = false;
        watch.use(List.of(Looks.rule(new ChecksumsRule(), "1", "off")));
        Condition condition = watch.judge(quiet.look()).conditions().get(0);

        assertThat(condition.severity()).contains(Severity.INFO);
        assertThat(condition.key()).isEqualTo("checksums-off:postgresql");
        assertThat(condition.remedy())
                .contains("docker stop postgresql", "--enable --progress -D '/var/lib/postgresql/data'");
        watch.use(List.of(Looks.rule(new ChecksumsRule(), "off", "off")));
        assertThat(watch.judge(quiet.look()).subjects())
                .as("without a subject, the alert resolves")
                .isEmpty();
    }

    @Test
    void damageEndsAfterAResetOrAfterSevenDays() {
        DamagedPageRule rule = new DamagedPageRule();
        Looks.Quiet bad = new Looks.Quiet();
        bad.failures = new Upkeep.PageFailures(3, Optional.of(NOON.minus(Duration.ofDays(6))));
        bad.sharedFailures = new Upkeep.PageFailures(1, Optional.of(NOON));
        List<Finding> findings = rule.look(bad.look(), List.of());
        assertThat(findings).extracting(Finding::service).containsExactly("vikunja", "_globals");
        assertThat(findings).extracting(Finding::value).containsExactly(3.0, 1.0);
        assertThat(findings).allSatisfy(PastedRemedy::assertFits);

        Looks.Quiet reset = new Looks.Quiet();
        reset.at = NOON.plus(Duration.ofMinutes(1));
        assertThat(rule.look(reset.look(), List.of(bad.look())))
                .extracting(Finding::value)
                .containsExactly(0.0, 0.0);
        bad.at = NOON.plus(Duration.ofDays(2));
        assertThat(rule.look(bad.look(), List.of()).get(0).value()).isZero();
    }

    @Test
    void newFailureIsRememberedForAnHour() {
        Looks.Quiet bad = new Looks.Quiet();
        bad.failures = new Upkeep.PageFailures(1, Optional.of(NOON));
        DamagedPageRule rule = new DamagedPageRule();

        assertThat(rule.isTurn(bad.look(), new Looks.Quiet().look())).isTrue();
        assertThat(rule.isTurn(bad.look(), bad.look())).isFalse();
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 20, 200})
    void slotsFitIntoANotification(int count) {
        Looks.Quiet quiet = new Looks.Quiet();
        IntStream.range(0, count)
                .forEach(i -> quiet.slots.add(
                        new Upkeep.Slot(LONG + i, "physical", false, (300L - i) * 1000 * MIB, Optional.empty())));
        Looks.Quiet before = new Looks.Quiet();
        before.slots.addAll(quiet.slots);
        before.at = NOON.minus(Duration.ofHours(3));
        Finding finding = Looks.rule(new SlotRule(), "1g", "5g")
                .look(quiet.look(), List.of(before.look()))
                .get(0);

        PastedRemedy.assertFits(finding);
        assertThat(finding.says()).contains("holds 293 GiB of WAL, and no program has used it for at least 3 h");
        assertThat(finding.says().contains(" and " + (count - 4) + " more")).isEqualTo(count > 4);
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 20, 200})
    void collationsFitIntoANotification(int count) {
        List<CatalogObservation.Database> databases = IntStream.range(0, count)
                .mapToObj(i -> new CatalogObservation.Database(
                        LONG + i,
                        LONG + i,
                        true,
                        Optional.of("2.36"),
                        i % 2 == 0 ? Optional.of("2.41") : Optional.empty(),
                        Optional.of(new CatalogObservation.Contents(List.of(), 1))))
                .toList();
        Finding finding = new CollationRule()
                .look(new CatalogObservation(NOON, Looks.CONSOLE, databases), List.of())
                .get(0);

        PastedRemedy.assertFits(finding);
        assertThat(finding.value()).isEqualTo(count);
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 20, 200})
    void sequencesFitIntoANotification(int count) {
        List<CatalogObservation.Sequence> sequences = IntStream.range(0, count)
                .mapToObj(i -> new CatalogObservation.Sequence(
                        "public",
                        LONG + "_seq",
                        Optional.of(new CatalogObservation.Column("public", LONG, "id", "integer")),
                        99.9 - i / 10.0,
                        2_147_000_000L,
                        2_147_483_647L,
                        true,
                        true))
                .toList();
        SequenceRule rule = new SequenceRule();
        rule.use(WrittenLevels.of("75%", "90%"));
        Finding finding = rule.look(
                        new CatalogObservation(
                                NOON,
                                Looks.CONSOLE,
                                List.of(new CatalogObservation.Database(
                                        "wiki",
                                        "wiki",
                                        true,
                                        Optional.empty(),
                                        Optional.empty(),
                                        Optional.of(new CatalogObservation.Contents(sequences, 0))))),
                        List.of())
                .get(0);

        PastedRemedy.assertFits(finding);
        assertThat(finding.value()).isEqualTo(99.9);
    }

    @Test
    void waitingFilesAreCountedAcrossTheEndOfALog() {
        WalArchive archive = new WalArchive(
                true,
                true,
                false,
                Optional.of("0000000100000000000000FD"),
                Optional.of(NOON.minusSeconds(60)),
                Optional.of("0000000100000000000000FE"),
                Optional.of(NOON),
                Optional.of("000000010000000100000002"),
                16 * MIB);

        assertThat(archive.isFailing()).isTrue();
        assertThat(archive.waiting()).isEqualTo(4);
        assertThat(WalArchive.OFF.isFailing()).isFalse();
    }
}
