package org.pgsteward.backup.store;

import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.pgsteward.backup.schedule.BackupTarget;
import org.pgsteward.model.Backup;
import org.pgsteward.model.BackupState;

/**
 * The backups of one night or of one command, under one id: the present backups, and the missing ones. Pure.
 *
 * @param id the second in which it began, in UTC: {@code 20260102T030000Z}
 * @param asked the requester: {@code schedule} or {@code command}
 * @param closedAt null while the set is being made
 * @param members the backups in the store
 * @param missing the backups that are missing, with the reason; also members that failed, are unverifiable or have
 *     expired
 * @param base the newest good base backup at the beginning of the set; null if there was none
 */
public record BackupSet(
        String id,
        String asked,
        Instant startedAt,
        @Nullable Instant closedAt,
        List<Member> members,
        List<Missing> missing,
        @Nullable Newest base) {
    static final String NOT_YET = "it is not made yet";

    /** The beginning of the reason for a backup that a command did not request. */
    public static final String NOT_ASKED = "not asked for";

    /** The beginning of the reason for a backup that the schedule did not require. */
    public static final String NOT_DUE = "not due";

    private static final Comparator<Key> ORDER =
            Comparator.comparing(Key::service).thenComparing(Key::kind);

    /** The identification of a backup within its set. */
    private interface Key {
        String service();

        String kind();
    }

    /**
     * A backup in the store.
     *
     * @param state as in the journal
     * @param path relative to the store
     */
    public record Member(
            String service, String database, String kind, String backupId, String state, String path, Instant startedAt)
            implements Key {
        Member in(String newState) {
            return new Member(service, database, kind, backupId, newState, path, startedAt);
        }
    }

    public record Missing(String service, String database, String kind, String reason) implements Key {
        /** The largest number of characters of a reason, which may be the output of a program. */
        private static final int LONGEST = 10_000;

        public Missing {
            reason = reason == null || reason.length() <= LONGEST ? reason : reason.substring(0, LONGEST) + "...";
        }
    }

    /** An existing backup. */
    public record Newest(String backupId, String state, Instant startedAt) {}

    /** Creates a set that begins. */
    static BackupSet opened(
            String id,
            String asked,
            Instant at,
            List<BackupTarget> toMake,
            List<Missing> others,
            @Nullable Newest base) {
        List<Missing> missing = Stream.concat(
                        toMake.stream()
                                .map(target -> new Missing(
                                        target.service(),
                                        target.database(),
                                        target.kind().word(),
                                        NOT_YET)),
                        others.stream())
                .sorted(ORDER)
                .toList();
        return new BackupSet(id, asked, at, null, List.of(), missing, base);
    }

    /** Returns this set, open again and with {@code toMake} as missing. */
    BackupSet reopened(List<BackupTarget> toMake) {
        BackupSet open = new BackupSet(id, asked, startedAt, null, members, missing, base);
        for (BackupTarget target : toMake) {
            open = open.lacking(
                    target.service(), target.database(), target.kind().word(), NOT_YET);
        }
        return open;
    }

    /** Returns this set with the new state of a backup. */
    BackupSet with(Backup backup) {
        String kind = backup.kind().word();
        if (backup.state() == BackupState.RUNNING) {
            return this;
        }
        BackupSet changed = this;
        if (backup.path().isPresent()) {
            Member member = new Member(
                    backup.service(),
                    backup.source().database(),
                    kind,
                    backup.id(),
                    backup.state().word(),
                    backup.path().get(),
                    backup.times().startedAt());
            changed = new BackupSet(
                    id, asked, startedAt, closedAt, replaced(members, member), without(missing, member), base);
        }
        return switch (backup.state()) {
            case RUNNING, MADE, VERIFIED -> changed;
            case FAILED ->
                changed.lacking(backup.service(), backup.source().database(), kind, "failed: " + backup.error());
            case UNVERIFIABLE ->
                changed.lacking(backup.service(), backup.source().database(), kind, "unverifiable: " + backup.error());
            case EXPIRED -> changed.lacking(backup.service(), backup.source().database(), kind, "expired");
        };
    }

    /** Returns this set with one more missing backup. */
    BackupSet lacking(String service, String database, String kind, String reason) {
        Missing lacks = new Missing(service, database, kind, reason);
        return new BackupSet(id, asked, startedAt, closedAt, members, replaced(missing, lacks), base);
    }

    /** Returns this set as finished. Backups that were not made get the reason {@code because}. */
    BackupSet closed(Instant at, String because) {
        List<Missing> explained = missing.stream()
                .map(lacks -> lacks.reason().equals(NOT_YET)
                        ? new Missing(lacks.service(), lacks.database(), lacks.kind(), because)
                        : lacks)
                .toList();
        return new BackupSet(id, asked, startedAt, at, members, explained, base);
    }

    /** Returns this set after the removal of all files except these: members without a file are expired. */
    BackupSet whereThereAre(Set<String> paths) {
        BackupSet now = this;
        for (Member member : members) {
            if (!paths.contains(member.path()) && !member.state().equals(BackupState.EXPIRED.word())) {
                now = new BackupSet(
                                id,
                                asked,
                                startedAt,
                                closedAt,
                                replaced(now.members, member.in(BackupState.EXPIRED.word())),
                                now.missing,
                                base)
                        .lacking(member.service(), member.database(), member.kind(), "expired");
            }
        }
        return now;
    }

    /** Returns whether this set names the target, as present or missing. */
    boolean speaksOf(BackupTarget target) {
        return Stream.concat(members.stream(), missing.stream()).anyMatch(key -> is(key, target));
    }

    /** Returns whether this set has a good backup of the target. */
    boolean holds(BackupTarget target) {
        return members.stream().anyMatch(key -> is(key, target))
                && missing.stream().noneMatch(key -> is(key, target));
    }

    /** Returns the paths of the members that have not expired, relative to the store. */
    Set<String> paths() {
        return members.stream()
                .filter(member -> !member.state().equals(BackupState.EXPIRED.word()))
                .map(Member::path)
                .collect(Collectors.toSet());
    }

    private static boolean is(Key key, BackupTarget target) {
        return key.service().equals(target.service())
                && key.kind().equals(target.kind().word());
    }

    private static <K extends Key> List<K> replaced(List<K> keys, K key) {
        List<K> changed = new ArrayList<>(without(keys, key));
        changed.add(key);
        changed.sort(ORDER);
        return List.copyOf(changed);
    }

    private static <K extends Key> List<K> without(List<K> keys, Key one) {
        return keys.stream().filter(key -> ORDER.compare(key, one) != 0).toList();
    }
}
