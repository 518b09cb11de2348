package org.pgsteward.backup.copy;

import java.time.Duration;
import java.time.Instant;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import org.pgsteward.journal.CopyRows.Candidate;
import org.pgsteward.model.BackupCopy;
import org.pgsteward.model.CopyState;

/**
 * Chooses the copies of one target to fetch and restore next. Pure.
 *
 * <ol>
 *   <li>A copy that was never fetched comes before others. A copy that was checked more than {@link #STALE}
 *       ago counts as never fetched. Many new copies a day would otherwise displace the old ones for ever.
 *   <li>Then comes the copy that was checked longest ago. The end of the upload is the first check.
 *   <li>A time in the future is the error of a clock, and counts as the oldest.
 * </ol>
 *
 * <p>It leaves out copies that retention no longer keeps.
 */
final class CopyDrillRule {
    static final Duration STALE = Duration.ofDays(30);

    private CopyDrillRule() {}

    private record Place(Candidate candidate, boolean isChecked, Instant at) {}

    /**
     * Returns the copies that the target has, in the order of their next check.
     *
     * @param attempted the times of this process's attempts that had no result, by the id of the copy
     */
    static List<Candidate> order(List<Candidate> candidates, Map<UUID, Instant> attempted, Instant now) {
        return candidates.stream()
                .filter(candidate -> candidate.isThere() && copy(candidate).state() != CopyState.RETAINED)
                .map(candidate -> place(candidate, attempted, now))
                .sorted(Comparator.comparing(Place::isChecked)
                        .thenComparing(Place::at)
                        .thenComparing(place -> copy(place.candidate()).source().path()))
                .map(Place::candidate)
                .toList();
    }

    private static Place place(Candidate candidate, Map<UUID, Instant> attempted, Instant now) {
        BackupCopy copy = copy(candidate);
        Instant copied = past(copy.copiedAt(), now);
        Instant at = past(copy.checkedAt().or(copy::copiedAt), now);
        boolean isChecked = copy.verifiedAt().isPresent() || at.isAfter(copied);
        Instant tried = past(Optional.ofNullable(attempted.get(copy.eventId())), now);
        if (tried.isAfter(at)) {
            isChecked = true;
            at = tried;
        }
        return new Place(candidate, isChecked && at.plus(STALE).isAfter(now), at);
    }

    private static Instant past(Optional<Instant> at, Instant now) {
        return at.filter(time -> !time.isAfter(now)).orElse(Instant.EPOCH);
    }

    private static BackupCopy copy(Candidate candidate) {
        return candidate.copy().orElseThrow();
    }
}
