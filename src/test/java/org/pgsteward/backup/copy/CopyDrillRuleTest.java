package org.pgsteward.backup.copy;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.pgsteward.journal.CopyRows.Candidate;
import org.pgsteward.model.Backup;
import org.pgsteward.model.BackupCopy;
import org.pgsteward.model.BackupKind;
import org.pgsteward.model.BackupState;
import org.pgsteward.model.CopyState;

@Tag("fast")
class CopyDrillRuleTest {
    private static final Instant NOW = Instant.parse("2026-05-31T06:30:00Z");

    private final List<Candidate> candidates = new ArrayList<>();
    private final Map<UUID, Instant> attempted = new HashMap<>();

    @Test
    void theCopyThatWasCheckedLongestAgoComesFirst() {
        add("new", copy -> copy.there(9, daysAgo(1)).verified(daysAgo(1)));
        add("old", copy -> copy.there(9, daysAgo(20)).verified(daysAgo(7)));
        add("middle", copy -> copy.there(9, daysAgo(20)).compared(daysAgo(3), "no identity"));
        assertThat(order(NOW)).containsExactly("old", "middle", "new");
    }

    @Test
    void aCopyThatWasNeverFetchedComesBeforeOthers() {
        add("checked", copy -> copy.there(9, daysAgo(20)).verified(daysAgo(7)));
        add("fresh", copy -> copy.there(9, daysAgo(1)));
        add("older", copy -> copy.there(9, daysAgo(2)));
        assertThat(order(NOW)).containsExactly("older", "fresh", "checked");
    }

    @Test
    void newCopiesDisplaceNoOldOneForEver() {
        add("fresh", copy -> copy.there(9, daysAgo(1)));
        add("checked", copy -> copy.there(9, daysAgo(80)).verified(daysAgo(31)));
        assertThat(order(NOW)).containsExactly("checked", "fresh");
    }

    @Test
    void aTimeInTheFutureCountsAsTheOldest() {
        add("good", copy -> copy.there(9, daysAgo(3)).verified(daysAgo(2)));
        add("ahead", copy -> copy.there(9, daysAgo(3)).verified(daysAgo(-400)));
        assertThat(order(NOW)).containsExactly("ahead", "good");
    }

    @Test
    void everyCopyGetsItsTurnWhateverTheClock() {
        for (int i = 0; i < 5; i++) {
            Instant at = daysAgo(i % 2 == 0 ? -500 : 3);
            add("copy-" + i, copy -> copy.there(9, at));
        }
        Instant now = NOW;
        List<String> drilled = new ArrayList<>();
        for (int day = 0; day < 10; day++) {
            Candidate first = CopyDrillRule.order(candidates, attempted, now).get(0);
            drilled.add(first.backup().id());
            Instant at = now;
            candidates.set(
                    candidates.indexOf(first),
                    new Candidate(first.backup(), Optional.empty(), first.copy().map(copy -> copy.verified(at))));
            now = now.plus(Duration.ofDays(1));
        }
        assertThat(drilled.subList(0, 5)).doesNotHaveDuplicates();
        assertThat(drilled.subList(5, 10)).isEqualTo(drilled.subList(0, 5));
    }

    @Test
    void anAttemptWithoutAResultDelaysTheCopy() {
        add("large", copy -> copy.there(9, daysAgo(9)));
        add("small", copy -> copy.there(9, daysAgo(1)).verified(daysAgo(1)));
        attempted.put(candidates.get(0).copy().orElseThrow().eventId(), NOW.minusSeconds(60));
        assertThat(order(NOW)).containsExactly("small", "large");
    }

    @Test
    void onlyCopiesThatAreKeptThereAreFetched() {
        add("failed", copy -> copy.there(9, daysAgo(9)).failed("gone"));
        add("due", copy -> copy);
        add("retained", copy -> copy.there(9, daysAgo(9)).in(CopyState.RETAINED, "refused"));
        assertThat(order(NOW)).isEmpty();
    }

    private List<String> order(Instant now) {
        return CopyDrillRule.order(candidates, attempted, now).stream()
                .map(candidate -> candidate.backup().id())
                .toList();
    }

    private static Instant daysAgo(int days) {
        return NOW.minus(Duration.ofDays(days));
    }

    private void add(String id, UnaryOperator<BackupCopy> state) {
        Backup backup = new Backup(
                new Backup.Identity(id, UUID.nameUUIDFromBytes(id.getBytes(StandardCharsets.UTF_8)), ""),
                new Backup.Source("app", "app", BackupKind.DUMP, "15"),
                new Backup.Times(NOW, Optional.of(NOW), Duration.ZERO),
                new Backup.File(Optional.of("app/" + id + ".dump.zst"), 100, 100, "00"),
                new Backup.Verification(Optional.of(NOW), Duration.ZERO, false),
                new Backup.Result(BackupState.VERIFIED, "", List.of()));
        candidates.add(new Candidate(
                backup,
                Optional.empty(),
                Optional.of(state.apply(BackupCopy.due(BackupCopy.Source.of(backup), "nas")))));
    }
}
