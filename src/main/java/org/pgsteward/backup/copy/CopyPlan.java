package org.pgsteward.backup.copy;

import java.time.Instant;
import java.time.ZoneId;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.function.Function;
import org.pgsteward.backup.retention.RetentionPlan;
import org.pgsteward.backup.retention.RetentionPolicy;
import org.pgsteward.backup.retention.ShrinkRule;
import org.pgsteward.backup.store.Standing;
import org.pgsteward.backup.store.StoredBackupStatus;
import org.pgsteward.journal.CopyRows.Candidate;
import org.pgsteward.model.BackupCopy;
import org.pgsteward.model.BackupKind;
import org.pgsteward.model.BackupState;
import org.pgsteward.model.CopyState;

/**
 * The decisions about the copies at one target: which backups it gets, in which order, and which copies it no longer
 * keeps. Pure.
 *
 * <p>A target gets the backups that its policy would keep if it had all of them. So a new target does not get a backup that
 * it would remove at once.
 */
public final class CopyPlan {
    private final Function<String, Optional<RetentionPolicy>> policies;
    private final ShrinkRule shrink;
    private final ZoneId zone;
    private final Instant now;

    /** @param policies the policy of each service at this target; empty to keep all */
    public CopyPlan(Function<String, Optional<RetentionPolicy>> policies, ShrinkRule shrink, ZoneId zone, Instant now) {
        this.policies = policies;
        this.shrink = shrink;
        this.zone = zone;
        this.now = now;
    }

    /** A service and a kind of backup, to which the policy applies. */
    private record Series(String service, BackupKind kind) {}

    /** A copy that the policy does not keep, with the reason. */
    public record Excess(Candidate candidate, String reason) {}

    /**
     * Returns the backups to copy: the newest of each service and kind first, then the second newest, and so on. Base
     * backups follow the dumps, since they are large. A backup whose copy failed follows the others, so that one file that a
     * target cannot take delays no other.
     *
     * @param candidates of one target
     */
    public List<Candidate> toCopy(List<Candidate> candidates) {
        Map<Candidate, Integer> ranks = new LinkedHashMap<>();
        List<Candidate> present = candidates.stream()
                .filter(candidate -> candidate.isThere() || isInStore(candidate))
                .toList();
        series(present).forEach((series, all) -> {
            Set<UUID> kept = kept(series, all);
            int rank = 0;
            for (Candidate candidate : all) {
                if (isInStore(candidate)
                        && !candidate.isThere()
                        && kept.contains(candidate.backup().identity().eventId())) {
                    ranks.put(candidate, rank);
                }
                rank++;
            }
        });
        return ranks.keySet().stream()
                .sorted(Comparator.comparing((Candidate candidate) -> ranks.get(candidate))
                        .thenComparing(CopyPlan::hasFailed)
                        .thenComparing(candidate -> candidate.backup().kind() == BackupKind.BASE)
                        .thenComparing(candidate -> candidate.backup().service()))
                .toList();
    }

    /**
     * Returns the copies to remove, oldest first. Only copies at the target count: a backup that is not copied yet replaces
     * none. The newest copy of a series is always kept, and so is the newest one that a drill has verified.
     *
     * @param pinned the reason of an operator's pin, by the path of the backup
     */
    public List<Excess> toRemove(List<Candidate> candidates, Function<String, Optional<String>> pinned) {
        List<Excess> excess = new ArrayList<>();
        series(candidates.stream().filter(Candidate::isThere).toList()).forEach((series, copies) -> {
            Optional<RetentionPolicy> policy = policies.apply(series.service());
            if (policy.isEmpty()) {
                return;
            }
            Map<UUID, Candidate> byId = new LinkedHashMap<>();
            copies.forEach(copy -> byId.put(copy.backup().identity().eventId(), copy));
            Optional<UUID> drilled = newestVerified(copies);
            for (RetentionPlan.Decision decision : decisions(policy.get(), copies, path -> pinned.apply(path))) {
                UUID id = decision.backup().backup().identity().eventId();
                if (!decision.kept() && !drilled.equals(Optional.of(id)) && byId.containsKey(id)) {
                    excess.add(new Excess(byId.get(id), String.join("; ", decision.reasons())));
                }
            }
        });
        excess.addAll(lostOnes(candidates, pinned));
        excess.sort(Comparator.comparing(one -> one.candidate().backup().times().startedAt()));
        return excess;
    }

    /**
     * Returns whether a copy is damaged at the target and cannot be replaced, since this host no longer has the backup. Its
     * file stays there as long as the policy would keep an intact copy: a part of it may be of use.
     */
    static boolean isLost(Candidate candidate) {
        return !candidate.isThere()
                && !isInStore(candidate)
                && candidate.copy().filter(BackupCopy::isOurs).isPresent();
    }

    /** Returns the lost copies that the policy would no longer keep. They take the place of no intact copy. */
    private List<Excess> lostOnes(List<Candidate> candidates, Function<String, Optional<String>> pinned) {
        List<Excess> excess = new ArrayList<>();
        for (Candidate lost : candidates.stream().filter(CopyPlan::isLost).toList()) {
            List<Candidate> with = candidates.stream()
                    .filter(other -> other.equals(lost)
                            || (other.isThere()
                                    && other.backup().kind() == lost.backup().kind()
                                    && other.backup()
                                            .service()
                                            .equals(lost.backup().service())))
                    .toList();
            policies.apply(lost.backup().service()).stream()
                    .flatMap(policy -> decisions(policy, with, path -> pinned.apply(path)).stream())
                    .filter(decision -> !decision.kept()
                            && decision.backup()
                                    .backup()
                                    .identity()
                                    .equals(lost.backup().identity()))
                    .forEach(decision -> excess.add(new Excess(lost, String.join("; ", decision.reasons()))));
        }
        return excess;
    }

    private static Optional<UUID> newestVerified(List<Candidate> newestFirst) {
        return newestFirst.stream()
                .filter(candidate ->
                        candidate.copy().flatMap(copy -> copy.verifiedAt()).isPresent())
                .map(candidate -> candidate.backup().identity().eventId())
                .findFirst();
    }

    private Set<UUID> kept(Series series, List<Candidate> all) {
        Set<UUID> kept = new HashSet<>();
        Optional<RetentionPolicy> policy = policies.apply(series.service());
        if (policy.isEmpty()) {
            all.forEach(candidate -> kept.add(candidate.backup().identity().eventId()));
            return kept;
        }
        decisions(policy.get(), all, path -> Optional.empty()).stream()
                .filter(RetentionPlan.Decision::kept)
                .forEach(decision ->
                        kept.add(decision.backup().backup().identity().eventId()));
        return kept;
    }

    private List<RetentionPlan.Decision> decisions(
            RetentionPolicy policy, List<Candidate> all, Function<String, Optional<String>> pinned) {
        List<StoredBackupStatus> backups = all.stream()
                .map(candidate -> new StoredBackupStatus(
                        candidate.backup(),
                        candidate.backup().state() == BackupState.UNVERIFIABLE
                                ? Standing.UNVERIFIED
                                : Standing.VERIFIED,
                        candidate.pinned().or(() -> candidate.backup().path().flatMap(pinned)),
                        Optional.empty()))
                .toList();
        return RetentionPlan.of(policy, backups, shrink, zone, now);
    }

    private static boolean hasFailed(Candidate candidate) {
        return candidate.copy().filter(copy -> copy.state() == CopyState.FAILED).isPresent();
    }

    private static boolean isInStore(Candidate candidate) {
        return candidate.backup().state() != BackupState.EXPIRED
                && candidate.backup().state() != BackupState.FAILED;
    }

    /** Returns the candidates of each series, newest first. */
    private static Map<Series, List<Candidate>> series(List<Candidate> candidates) {
        Map<Series, List<Candidate>> series = new LinkedHashMap<>();
        candidates.stream()
                .sorted(Comparator.comparing((Candidate candidate) ->
                                candidate.backup().times().startedAt())
                        .reversed())
                .forEach(candidate -> series.computeIfAbsent(
                                new Series(
                                        candidate.backup().service(),
                                        candidate.backup().kind()),
                                none -> new ArrayList<>())
                        .add(candidate));
        return series;
    }
}
