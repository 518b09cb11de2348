package org.pgsteward.backup.retention;

import java.time.Instant;
import java.time.ZoneId;
import java.time.ZonedDateTime;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.pgsteward.backup.store.Standing;
import org.pgsteward.backup.store.StoredBackupStatus;

/**
 * The decision for each backup of one service, to keep or to remove it, with the reasons. Pure.
 *
 * <ol>
 *   <li>Verified backups fill the policy's buckets as in restic, newest first, in the operator's time zone. Each rule
 *       keeps the newest backup of each bucket until its number is used up. If it is not used up, the rule also keeps
 *       the oldest backup.
 *   <li>Intact but unverified backups fill buckets of their own, so that they displace no verified one. They are also
 *       kept for as long as the policy reaches back, and for as long as it keeps an older verified backup.
 *   <li>Damaged backups fill no bucket. They are kept for the same time, and in any case until a newer backup is
 *       verified.
 *   <li>Some backups are kept regardless of the policy: the newest verified one, pinned ones, and the last one before a
 *       sudden shrinking, until a later backup has not shrunk.
 * </ol>
 *
 * <p>So a failed run changes nothing for any other backup, even after many failures.
 */
public final class RetentionPlan {
    private RetentionPlan() {}

    /** @param reasons every reason to keep the backup, or the one reason to remove it */
    public record Decision(StoredBackupStatus backup, boolean kept, List<String> reasons) {}

    /**
     * Returns a decision for each backup, newest first.
     *
     * @param backups all stored backups of one service and kind, in any order
     * @param zone the time zone in which days, weeks, months and years begin
     * @throws IllegalArgumentException if they are not all of one service and kind
     */
    public static List<Decision> of(
            RetentionPolicy policy, List<StoredBackupStatus> backups, ShrinkRule shrink, ZoneId zone, Instant now) {
        refuseMixture(backups);
        List<StoredBackupStatus> newestFirst = new ArrayList<>(backups);
        newestFirst.sort(Comparator.comparing(StoredBackupStatus::startedAt)
                .thenComparing(StoredBackupStatus::id)
                .reversed());
        List<StoredBackupStatus> verified = withStanding(newestFirst, Standing.VERIFIED);
        Map<StoredBackupStatus, List<String>> reasons = new HashMap<>();
        fill(policy, verified, zone, "", reasons);
        Instant window = window(policy, verified, reasons, now.atZone(zone));
        fill(policy, withStanding(newestFirst, Standing.UNVERIFIED), zone, "not verified, ", reasons);
        if (!verified.isEmpty()) {
            because(reasons, verified.get(0), "the newest verified backup");
        }
        protectFromShrinking(verified, shrink, reasons);
        for (StoredBackupStatus backup : newestFirst) {
            backup.pinned().ifPresent(why -> because(reasons, backup, "pinned: " + why));
            if (backup.standing() == Standing.VERIFIED) {
                continue;
            }
            if (!backup.startedAt().isBefore(window)) {
                because(reasons, backup, "not verified, and within the period of the policy");
            }
            if (backup.standing() == Standing.DAMAGED
                    && (verified.isEmpty() || !verified.get(0).startedAt().isAfter(backup.startedAt()))) {
                because(reasons, backup, "damaged, and no newer backup is verified");
            }
        }
        return newestFirst.stream()
                .map(backup -> reasons.containsKey(backup)
                        ? new Decision(backup, true, List.copyOf(reasons.get(backup)))
                        : new Decision(backup, false, List.of(noReason(backup, policy))))
                .toList();
    }

    private static void refuseMixture(List<StoredBackupStatus> backups) {
        if (backups.stream().map(StoredBackupStatus::service).distinct().count() > 1
                || backups.stream().map(StoredBackupStatus::kind).distinct().count() > 1) {
            throw new IllegalArgumentException("retention takes the backups of one service and kind, but got "
                    + backups.stream()
                            .map(backup ->
                                    backup.service() + " (" + backup.kind().word() + ")")
                            .distinct()
                            .toList());
        }
    }

    private static List<StoredBackupStatus> withStanding(List<StoredBackupStatus> backups, Standing standing) {
        return backups.stream().filter(backup -> backup.standing() == standing).toList();
    }

    private static void fill(
            RetentionPolicy policy,
            List<StoredBackupStatus> newestFirst,
            ZoneId zone,
            String prefix,
            Map<StoredBackupStatus, List<String>> reasons) {
        Map<RetentionPolicy.Rule, Integer> used = new EnumMap<>(RetentionPolicy.Rule.class);
        Map<RetentionPolicy.Rule, String> last = new EnumMap<>(RetentionPolicy.Rule.class);
        for (int i = 0; i < newestFirst.size(); i++) {
            StoredBackupStatus backup = newestFirst.get(i);
            ZonedDateTime at = backup.startedAt().atZone(zone);
            boolean oldest = i == newestFirst.size() - 1;
            for (Map.Entry<RetentionPolicy.Rule, Integer> entry :
                    policy.counts().entrySet()) {
                RetentionPolicy.Rule rule = entry.getKey();
                int count = used.getOrDefault(rule, 0);
                String bucket = rule.bucket(at, i);
                boolean fresh = !bucket.equals(last.get(rule));
                if (count < entry.getValue() && (fresh || oldest)) {
                    used.put(rule, count + 1);
                    last.put(rule, bucket);
                    because(
                            reasons,
                            backup,
                            prefix + rule.word() + " " + (count + 1) + " of " + entry.getValue()
                                    + (rule == RetentionPolicy.Rule.LAST
                                            ? ""
                                            : fresh ? ": " + bucket : ": the oldest"));
                }
            }
        }
    }

    /** Returns the start of the time window in which unverified backups are kept. */
    private static Instant window(
            RetentionPolicy policy,
            List<StoredBackupStatus> verified,
            Map<StoredBackupStatus, List<String>> inBuckets,
            ZonedDateTime now) {
        Instant reach = policy.reach(now).toInstant();
        return verified.stream()
                .filter(inBuckets::containsKey)
                .map(StoredBackupStatus::startedAt)
                .min(Comparator.naturalOrder())
                .filter(oldest -> oldest.isBefore(reach))
                .orElse(reach);
    }

    private static void protectFromShrinking(
            List<StoredBackupStatus> verified, ShrinkRule shrink, Map<StoredBackupStatus, List<String>> reasons) {
        for (int i = 0; i + 1 < verified.size(); i++) {
            Optional<String> shrunk = shrink.shrunk(
                    verified.get(i + 1).sourceBytes(), verified.get(i).sourceBytes());
            if (shrunk.isEmpty()) {
                return;
            }
            because(
                    reasons,
                    verified.get(i + 1),
                    "the last backup before " + verified.get(i).id() + " shrank (" + shrunk.get() + ")");
        }
    }

    private static void because(
            Map<StoredBackupStatus, List<String>> reasons, StoredBackupStatus backup, String reason) {
        reasons.computeIfAbsent(backup, none -> new ArrayList<>()).add(reason);
    }

    private static String noReason(StoredBackupStatus backup, RetentionPolicy policy) {
        return switch (backup.standing()) {
            case VERIFIED -> "no rule of " + policy + " keeps it";
            case UNVERIFIED -> "not verified, and older than the period of " + policy;
            case DAMAGED -> "damaged, with a newer verified backup, and older than the period of " + policy;
        };
    }
}
