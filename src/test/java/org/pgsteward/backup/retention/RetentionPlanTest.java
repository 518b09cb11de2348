package org.pgsteward.backup.retention;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.pgsteward.backup.store.Stored.holding;
import static org.pgsteward.backup.store.Stored.verified;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.pgsteward.backup.store.Standing;
import org.pgsteward.backup.store.StoredBackupStatus;

@Tag("fast")
class RetentionPlanTest {
    private static final ZoneId BERLIN = ZoneId.of("Europe/Berlin");
    private static final Instant NOW = Instant.parse("2026-06-30T12:00:00Z");
    private static final ShrinkRule SHRINK = new ShrinkRule(0.5, 1 << 20);
    private static final int HISTORIES = 3000;

    /** The random states of backups. Most backups are verified. */
    private static final List<Standing> CHANCES = List.of(
            Standing.VERIFIED,
            Standing.VERIFIED,
            Standing.VERIFIED,
            Standing.VERIFIED,
            Standing.UNVERIFIED,
            Standing.DAMAGED);

    /** Each letter of a case is one backup: an upper-case letter is verified, u is unverified, d is damaged. */
    @ParameterizedTest(name = "{4}")
    @CsvSource(
            delimiter = '|',
            value = {
                // one letter a day; the last letter is last night
                "last=1        | PPPPP    | ----P    | UTC | keeps the newest",
                "last=3        | PPPPP    | --PPP    | UTC | keeps the newest three",
                "daily=2       | PPPPP    | ---PP    | UTC | keeps one a day",
                "last=1        | P        | P        | UTC | keeps the only backup",
                "last=1        | Pdddd    | Pdddd    | UTC | damaged backups evict no verified backup",
                "last=1        | Puuuu    | Puuuu    | UTC | unverified backups evict no verified backup",
                "last=1        | PPdd     | -Pdd     | UTC | a damaged backup does not prolong retention of old backups",
                "last=1        | duuP     | --uP     | UTC | as many unverified as verified backups, no damaged ones",
                "last=1        | ddd      | ddd      | UTC | no verified backup: keeps all damaged backups",
                "last=2        | uuuu     | --uu     | UTC | only unverified backups: the policy applies to them",
                "last=2        | uuPuuPuu | --PuuPuu | UTC | keeps unverified backups newer than a kept verified backup",
                "daily=3       | uuuuuPP  | --uuuPP  | UTC | daily rule: also counts days of unverified backups",
                "daily=3       | dddddPP  | ----dPP  | UTC | daily rule: keeps a damaged backup within its days",
            })
    void keepsAndRemoves(String policy, String before, String after, String zone, String sentence) {
        List<StoredBackupStatus> backups = days(before);
        List<RetentionPlan.Decision> plan = plan(policy, backups, ZoneId.of(zone));
        Set<StoredBackupStatus> kept = kept(plan);
        String left = IntStream.range(0, before.length())
                .mapToObj(day -> kept.contains(backups.get(day)) ? before.substring(day, day + 1) : "-")
                .collect(Collectors.joining());
        assertThat(left).as(sentence).isEqualTo(after);
    }

    private static List<StoredBackupStatus> days(String letters) {
        Instant lastNight = Instant.parse("2026-06-30T03:00:00Z");
        List<StoredBackupStatus> backups = new ArrayList<>();
        for (int day = 0; day < letters.length(); day++) {
            Standing standing = switch (letters.charAt(day)) {
                case 'P' -> Standing.VERIFIED;
                case 'u' -> Standing.UNVERIFIED;
                default -> Standing.DAMAGED;
            };
            Instant at = lastNight.minus(Duration.ofDays(letters.length() - 1L - day));
            backups.add(holding("app", at, standing, 100, Optional.empty()));
        }
        return backups;
    }

    static Stream<Arguments> whatResticKeeps() throws IOException {
        Map<String, List<Instant>> lines = new TreeMap<>();
        try (InputStream file = RetentionPlanTest.class.getResourceAsStream("/restic-keeps.txt")) {
            new String(file.readAllBytes(), StandardCharsets.UTF_8)
                    .lines()
                    .filter(line -> !line.startsWith("#"))
                    .forEach(line -> lines.put(
                            line.substring(0, line.indexOf(':')),
                            Arrays.stream(line.substring(line.indexOf(':') + 2).split(" "))
                                    .map(Instant::parse)
                                    .toList()));
        }
        List<Instant> all = java.util.Objects.requireNonNull(lines.remove("all"));
        assertThat(all).hasSizeGreaterThan(100);
        assertThat(lines).hasSizeGreaterThan(15);
        return lines.entrySet().stream().map(line -> Arguments.of(line.getKey(), all, line.getValue()));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("whatResticKeeps")
    void keepsTheSameBackupsAsRestic(String policy, List<Instant> all, List<Instant> kept) {
        List<StoredBackupStatus> backups = all.stream()
                .map(at -> holding("app", at, Standing.VERIFIED, 100, Optional.empty()))
                .toList();
        assertThat(kept(plan(policy, backups, BERLIN)).stream().map(StoredBackupStatus::startedAt))
                .containsExactlyInAnyOrderElementsOf(kept);
    }

    @Test
    void aDayBeginsAtTheOperatorsMidnightAlsoWhenTheClocksChange() {
        // In Berlin 02:30 does not exist on Sunday, 29 March 2026, and occurs twice on 26 October 2025.
        List<StoredBackupStatus> spring = List.of(
                verified("2026-03-28T22:59:59Z"), // 28th, 23:59:59
                verified("2026-03-28T23:00:00Z"), // 29th, midnight
                verified("2026-03-29T01:00:00Z"), // 29th, 03:00, an hour earlier than a day after 03:00
                verified("2026-03-29T21:59:59Z"), // 29th, 23:59:59
                verified("2026-03-29T22:00:00Z")); // 30th, midnight
        assertThat(kept(plan("daily=2", spring, BERLIN))).containsOnly(spring.get(4), spring.get(3));
        assertThat(kept(plan("daily=3", spring, BERLIN))).containsOnly(spring.get(4), spring.get(3), spring.get(0));
        List<StoredBackupStatus> autumn = List.of(
                verified("2025-10-25T22:00:00Z"), // 26th, midnight
                verified("2025-10-26T00:30:00Z"), // 26th, 02:30 for the first time
                verified("2025-10-26T01:30:00Z"), // 26th, 02:30 for the second time
                verified("2025-10-26T22:59:59Z"), // 26th, 23:59:59
                verified("2025-10-26T23:00:00Z")); // 27th, midnight
        assertThat(kept(plan("daily=2", autumn, BERLIN)))
                .as("the oldest fills the remaining place")
                .containsOnly(autumn.get(4), autumn.get(3));
        assertThat(kept(plan("hourly=4", autumn, BERLIN)))
                .as("the repeated hour counts as two hours")
                .containsOnly(autumn.get(4), autumn.get(3), autumn.get(2), autumn.get(1));
    }

    @Test
    void theSameBackupsAreOtherDaysInAnotherZone() {
        List<StoredBackupStatus> backups = List.of(verified("2026-06-29T21:30:00Z"), verified("2026-06-29T22:30:00Z"));
        assertThat(kept(plan("daily=2", backups, BERLIN))).hasSize(2);
        assertThat(kept(plan("daily=1", backups, ZoneOffset.UTC))).hasSize(1);
        assertThat(kept(plan("daily=2,last=1", backups, ZoneOffset.UTC)))
                .as("the oldest fills an unused daily place, as in restic")
                .hasSize(2);
    }

    @Test
    void keepsAPinnedBackupForeverWithItsReason() {
        StoredBackupStatus pinned = holding(
                "app",
                Instant.parse("2019-01-01T03:00:00Z"),
                Standing.VERIFIED,
                100,
                Optional.of("before app:1 became app:2"));
        List<StoredBackupStatus> backups = new ArrayList<>(days("PPPP"));
        backups.add(pinned);

        List<RetentionPlan.Decision> plan = plan("last=1", backups, ZoneOffset.UTC);

        assertThat(plan).last().satisfies(decision -> {
            assertThat(decision.kept()).isTrue();
            assertThat(decision.reasons()).containsExactly("pinned: before app:1 became app:2");
        });
        assertThat(kept(plan)).hasSize(2);
    }

    @Test
    void keepsTheLastFullBackupUntilOneHasNotShrunk() {
        StoredBackupStatus large = sized("2026-06-01T03:00:00Z", 100);
        StoredBackupStatus shrunk = sized("2026-06-02T03:00:00Z", 10);
        StoredBackupStatus after = sized("2026-06-03T03:00:00Z", 10);

        List<RetentionPlan.Decision> whileShrunk = plan("last=1", List.of(large, shrunk), ZoneOffset.UTC);
        assertThat(kept(whileShrunk)).containsOnly(large, shrunk);
        assertThat(whileShrunk.get(1).reasons())
                .singleElement()
                .asString()
                .startsWith("the last backup before app-20260602T030000Z shrank (90.0% smaller");
        assertThat(kept(plan("last=1", List.of(large, shrunk, after), ZoneOffset.UTC)))
                .containsOnly(after);
    }

    @Test
    void keepsEveryBackupOfARepeatedlyShrinkingDatabase() {
        List<StoredBackupStatus> melting = List.of(
                sized("2026-06-01T03:00:00Z", 100),
                sized("2026-06-02T03:00:00Z", 40),
                sized("2026-06-03T03:00:00Z", 15),
                sized("2026-06-04T03:00:00Z", 5));
        assertThat(kept(plan("last=1", melting, ZoneOffset.UTC))).hasSize(4);
    }

    private static StoredBackupStatus sized(String at, long megabytes) {
        return holding("app", Instant.parse(at), Standing.VERIFIED, megabytes, Optional.empty());
    }

    @Test
    void everyDecisionHasItsReasons() {
        assertThat(plan("last=1,daily=2", days("PPP"), ZoneOffset.UTC))
                .extracting(RetentionPlan.Decision::reasons)
                .containsExactly(
                        List.of("last 1 of 1", "daily 1 of 2: 2026-06-30", "the newest verified backup"),
                        List.of("daily 2 of 2: 2026-06-29"),
                        List.of("no rule of last=1,daily=2 keeps it"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"app-test", "app-", "ap", "App"})
    void backupsOfTwoServicesAreNeverWeighedAgainstEachOther(String neighbour) {
        List<StoredBackupStatus> mixed = List.of(
                holding("app", NOW, Standing.VERIFIED, 100, Optional.empty()),
                holding(neighbour, NOW, Standing.VERIFIED, 100, Optional.empty()));
        assertThatThrownBy(() -> plan("last=1", mixed, ZoneOffset.UTC))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining(neighbour);
    }

    @Test
    void anEmptyStoreHasAnEmptyPlan() {
        assertThat(plan("last=1", List.of(), ZoneOffset.UTC)).isEmpty();
    }

    @Test
    void invariantsHoldForRandomHistories() {
        Random random = new Random(20260630);
        int removed = 0;
        for (int i = 0; i < HISTORIES; i++) {
            List<StoredBackupStatus> history = history(random);
            RetentionPolicy policy = policy(random);
            List<RetentionPlan.Decision> plan = RetentionPlan.of(policy, history, SHRINK, BERLIN, NOW);
            Set<StoredBackupStatus> kept = kept(plan);
            String what = "history " + i + " under " + policy;

            assertThat(plan.stream().map(RetentionPlan.Decision::backup))
                    .as(what)
                    .containsExactlyInAnyOrderElementsOf(history);
            assertThat(plan)
                    .as(what)
                    .allSatisfy(decision -> assertThat(decision.reasons()).isNotEmpty());
            newestVerified(history)
                    .ifPresent(newest -> assertThat(kept).as(what).contains(newest));
            assertThat(kept)
                    .as(what)
                    .containsAll(history.stream()
                            .filter(backup -> backup.pinned().isPresent())
                            .toList());
            assertThat(kept.isEmpty()).as(what).isEqualTo(history.isEmpty());

            assertAFailureChangesNothing(what, random, policy, history, kept);
            assertUnverifiedBackupsEvictNoVerifiedOne(what, random, policy, history, kept);
            assertTheOrderDoesNotMatter(what, random, policy, history, kept);
            assertWhatIsLeftStays(what, policy, kept);
            assertMoreWantedIsMoreKept(what, policy, history, kept);
            removed += history.size() - kept.size();
        }
        assertThat(removed).as("removed backups in all histories").isGreaterThan(HISTORIES);
    }

    private static void assertAFailureChangesNothing(
            String what,
            Random random,
            RetentionPolicy policy,
            List<StoredBackupStatus> history,
            Set<StoredBackupStatus> kept) {
        List<StoredBackupStatus> more = new ArrayList<>(history);
        more.add(holding("app", moment(random).plusMillis(1), Standing.DAMAGED, 100, Optional.empty()));
        Set<StoredBackupStatus> keptThen = kept(RetentionPlan.of(policy, more, SHRINK, BERLIN, NOW));
        keptThen.retainAll(new HashSet<>(history));
        assertThat(keptThen).as(what + ", with one more failed run").isEqualTo(kept);
    }

    private static void assertUnverifiedBackupsEvictNoVerifiedOne(
            String what,
            Random random,
            RetentionPolicy policy,
            List<StoredBackupStatus> history,
            Set<StoredBackupStatus> kept) {
        List<StoredBackupStatus> more = new ArrayList<>(history);
        for (int i = 0; i < 10; i++) {
            more.add(holding("app", moment(random).plusMillis(1 + i), Standing.UNVERIFIED, 100, Optional.empty()));
        }
        assertThat(verifiedOf(kept(RetentionPlan.of(policy, more, SHRINK, BERLIN, NOW))))
                .as(what + ", with ten more unverified backups")
                .isEqualTo(verifiedOf(kept));
    }

    private static void assertTheOrderDoesNotMatter(
            String what,
            Random random,
            RetentionPolicy policy,
            List<StoredBackupStatus> history,
            Set<StoredBackupStatus> kept) {
        List<StoredBackupStatus> shuffled = new ArrayList<>(history);
        Collections.shuffle(shuffled, random);
        assertThat(kept(RetentionPlan.of(policy, shuffled, SHRINK, BERLIN, NOW)))
                .as(what + ", shuffled")
                .isEqualTo(kept);
    }

    private static void assertWhatIsLeftStays(String what, RetentionPolicy policy, Set<StoredBackupStatus> kept) {
        assertThat(kept(RetentionPlan.of(policy, List.copyOf(kept), SHRINK, BERLIN, NOW)))
                .as(what + ", applied a second time")
                .isEqualTo(kept);
    }

    /**
     * Checks that a larger count keeps more. Other rules make up for missing periods with their oldest backup. The
     * rule {@code last} has no periods, so its result must grow with its count.
     */
    private static void assertMoreWantedIsMoreKept(
            String what, RetentionPolicy policy, List<StoredBackupStatus> history, Set<StoredBackupStatus> kept) {
        Map<RetentionPolicy.Rule, Integer> more = new TreeMap<>(policy.counts());
        more.merge(RetentionPolicy.Rule.LAST, 5, Integer::sum);
        assertThat(kept(RetentionPlan.of(new RetentionPolicy(more), history, SHRINK, BERLIN, NOW)))
                .as(what + ", with last increased by five")
                .containsAll(kept);
    }

    private static Set<StoredBackupStatus> verifiedOf(Set<StoredBackupStatus> backups) {
        return backups.stream()
                .filter(backup -> backup.standing() == Standing.VERIFIED)
                .collect(Collectors.toSet());
    }

    private static Optional<StoredBackupStatus> newestVerified(List<StoredBackupStatus> history) {
        return history.stream()
                .filter(backup -> backup.standing() == Standing.VERIFIED)
                .max(Comparator.comparing(StoredBackupStatus::startedAt));
    }

    private static List<StoredBackupStatus> history(Random random) {
        Map<Instant, StoredBackupStatus> history = new TreeMap<>();
        int count = random.nextInt(40);
        for (int i = 0; i < count; i++) {
            Instant at = moment(random);
            Standing standing = CHANCES.get(random.nextInt(CHANCES.size()));
            Optional<String> pinned = random.nextInt(15) == 0 ? Optional.of("before an update") : Optional.empty();
            history.put(at, holding("app", at, standing, 1 + random.nextInt(200), pinned));
        }
        return List.copyOf(history.values());
    }

    /** Returns a random time in whole seconds, mostly of the last weeks, sometimes years ago. */
    private static Instant moment(Random random) {
        int days = random.nextInt(3) == 0 ? 900 : 40;
        return NOW.minusSeconds(random.nextInt(days * 86_400));
    }

    private static RetentionPolicy policy(Random random) {
        Map<RetentionPolicy.Rule, Integer> counts = new TreeMap<>();
        for (RetentionPolicy.Rule rule : RetentionPolicy.Rule.values()) {
            if (random.nextBoolean()) {
                counts.put(rule, random.nextInt(6));
            }
        }
        counts.merge(RetentionPolicy.Rule.DAILY, 1, Integer::sum);
        return new RetentionPolicy(counts);
    }

    private static List<RetentionPlan.Decision> plan(String policy, List<StoredBackupStatus> backups, ZoneId zone) {
        return RetentionPlan.of(RetentionPolicy.parse("keep", policy), backups, SHRINK, zone, NOW);
    }

    private static Set<StoredBackupStatus> kept(List<RetentionPlan.Decision> plan) {
        return plan.stream()
                .filter(RetentionPlan.Decision::kept)
                .map(RetentionPlan.Decision::backup)
                .collect(Collectors.toCollection(HashSet::new));
    }
}
