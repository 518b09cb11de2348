package org.pgsteward.backup;

import java.io.IOException;
import java.sql.SQLException;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import org.pgsteward.alert.Alert;
import org.pgsteward.alert.AlertBook;
import org.pgsteward.alert.Reporter;
import org.pgsteward.backup.store.Holding;
import org.pgsteward.backup.store.Holdings;
import org.pgsteward.backup.store.Removal;
import org.pgsteward.backup.store.Standing;
import org.pgsteward.backup.store.Store;
import org.pgsteward.backup.underway.ProcessDeaths;
import org.pgsteward.backup.verify.Proof;
import org.pgsteward.io.Attempts;
import org.pgsteward.journal.BackupRows;
import org.pgsteward.model.Backup;
import org.pgsteward.model.BackupState;
import org.pgsteward.model.Condition;
import org.pgsteward.model.Judgement;
import org.pgsteward.model.Severity;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Proves stored backups again, the one first that was looked at longest ago, so that a disk that forgets is found out
 * before the backup is needed.
 *
 * <p>A backup that was proved once, and whose file is still the same, is not called damaged because it could not be
 * restored today: that is this host's trouble, and is told as such.
 */
public final class Reverification {
    /** Its file is no longer the one that was proved. */
    static final String DAMAGED = "backup-damaged";

    /** It could not be looked at again. */
    static final String NOT_AGAIN = "backup-reproof";

    /** What was proved last night need not be proved again this morning. */
    private static final Duration FRESH = Duration.ofHours(20);

    private static final Logger LOG = LoggerFactory.getLogger(Reverification.class);

    private final Holdings holdings;
    private final Removal removal;
    private final BackupRows rows;
    private final Housekeeping house;
    private final Proof proof;
    private final ProcessDeaths deaths;
    private final AlertBook alerts;
    private final Reporter reporter;
    private final Clock clock;

    public Reverification(
            Store store,
            Holdings holdings,
            BackupRows rows,
            Housekeeping house,
            Proof proof,
            ProcessDeaths deaths,
            AlertBook alerts,
            Reporter reporter,
            Clock clock) {
        this.holdings = holdings;
        this.removal = new Removal(store);
        this.rows = rows;
        this.house = house;
        this.proof = proof;
        this.deaths = deaths;
        this.alerts = alerts;
        this.reporter = reporter;
        this.clock = clock;
    }

    /**
     * Proves the {@code count} backups again that were looked at longest ago, records the results, and raises what is
     * damaged.
     *
     * @throws Exception the first failure, after all backups
     */
    public void verifyOldest(int count) throws Exception {
        Attempts.all(
                () -> Attempts.each(next(count), this::verify),
                () -> recovered().forEach(reporter::raise));
    }

    private void verify(Holding backup) throws InterruptedException {
        Look look = prove(backup);
        reporter.record(look.backup());
        look.condition().ifPresent(reporter::raise);
    }

    /**
     * At most {@code count} backups, those first that the journal does not know, since retention keeps them until it does, and
     * then those that were looked at longest ago; nothing while PostgreSQL is away.
     */
    private List<Holding> next(int count) {
        Instant now = clock.instant();
        List<Holding> oldest = new ArrayList<>();
        Set<UUID> unknown = new HashSet<>();
        Comparator<Holding> order = Comparator.comparing((Holding backup) ->
                        !unknown.contains(backup.backup().identity().eventId()))
                .thenComparing(Reverification::lookedAt)
                .thenComparing(Holding::path);
        try {
            house.order();
            for (String service : rows.services()) {
                if (deaths.heldUntil(service).isPresent()) {
                    continue;
                }
                Map<UUID, Judgement> judgements = rows.judgements(service);
                for (Holding backup : holdings.of(service, judgements)) {
                    if (backup.backup().state() != BackupState.EXPIRED
                            && !lookedAt(backup).plus(FRESH).isAfter(now)) {
                        oldest.add(backup);
                        if (!judgements.containsKey(backup.backup().identity().eventId())) {
                            unknown.add(backup.backup().identity().eventId());
                        }
                    }
                }
                // Only the first are wanted, so no more of them are held than that and one service's.
                oldest.sort(order);
                oldest = new ArrayList<>(oldest.subList(0, Math.min(count, oldest.size())));
            }
        } catch (SQLException | IOException e) {
            LOG.warn("which backup is to be proved again cannot be told: {}", e.getMessage());
            return List.of();
        }
        return oldest;
    }

    private static Instant lookedAt(Holding backup) {
        return backup.saidAt()
                .or(backup.backup().verification()::at)
                .or(backup.backup().times()::finishedAt)
                .orElse(backup.startedAt());
    }

    /**
     * How a second look ended.
     *
     * @param backup as it is to be written down
     * @param condition what is to be told; empty where nothing is
     */
    record Look(Backup backup, Optional<Condition> condition) {}

    /** Proves it again, as far as this host can. */
    Look prove(Holding before) throws InterruptedException {
        Backup backup = before.backup();
        Optional<String> distrust = proof.distrust(backup);
        if (distrust.isPresent()) {
            Backup refused = backup.judged(BackupState.UNVERIFIABLE, clock.instant(), Duration.ZERO, distrust.get());
            LOG.warn("{}: {} is not verified: {}", backup.service(), backup.id(), distrust.get());
            return new Look(refused, Optional.of(distrusted(refused)));
        }
        Backup after = proof.prove(backup);
        if (after.state() == BackupState.VERIFIED || after.equals(backup)) {
            LOG.info("{}: {} is still good", backup.service(), backup.id());
            return new Look(
                    after,
                    Optional.of(Condition.well(
                            NOT_AGAIN, backup.service(), backup.id() + " was proved again", clock.instant())));
        }
        if (removal.isUnderWay(before.path()) || isExpired(backup)) {
            return new Look(backup, Optional.empty());
        }
        LOG.warn("{}: {} could not be proved again: {}", backup.service(), backup.id(), after.error());
        if (!wasProved(backup)) {
            // What failed or could not be told was told of then. Who died before the first proof, told nothing.
            boolean news = backup.state() == BackupState.MADE && after.state() == BackupState.FAILED;
            return new Look(after, news ? Optional.of(neverProved(after)) : Optional.empty());
        }
        return after.state() == BackupState.FAILED && !isAsWritten(backup)
                ? new Look(after, Optional.of(damaged(after)))
                : new Look(backup, Optional.of(notAgain(after)));
    }

    private static boolean wasProved(Backup backup) {
        return Standing.of(backup.state(), backup.verification().inStream()) == Standing.PROVED;
    }

    private boolean isAsWritten(Backup backup) {
        try {
            return holdings.isAsWritten(backup);
        } catch (IOException e) {
            return false;
        }
    }

    private boolean isExpired(Backup backup) {
        try {
            return Optional.ofNullable(rows.judgements(backup.service())
                            .get(backup.identity().eventId()))
                    .filter(known -> known.state() == BackupState.EXPIRED)
                    .isPresent();
        } catch (SQLException e) {
            return false;
        }
    }

    private Condition damaged(Backup after) {
        String proved = after.verification()
                .at()
                .map(at -> "was proved at " + at)
                .orElse("was written whole at "
                        + after.times().finishedAt().orElse(after.times().startedAt()));
        return Condition.bad(
                        Severity.CRITICAL,
                        DAMAGED,
                        after.service(),
                        after.path().orElseThrow() + " " + proved + " and is damaged now: " + after.error()
                                + "; it is kept, and counts as failed",
                        "pgsteward backup " + after.service()
                                + "   # another one, now\ndmesg | tail -50   # what does the disk say?",
                        clock.instant())
                .with(Map.of(
                        "path",
                        after.path().orElseThrow(),
                        "size_bytes",
                        after.file().sizeBytes()));
    }

    private Condition neverProved(Backup after) {
        return Condition.bad(
                        Severity.CRITICAL,
                        BackupNotices.FAILED,
                        after.service(),
                        "backup " + after.id() + " of " + after.service() + " is failed: " + after.error(),
                        "pgsteward backup " + after.service(),
                        clock.instant())
                .with(Map.of(BackupNotices.STORED, after.path().orElseThrow()));
    }

    private Condition distrusted(Backup after) {
        return Condition.bad(
                        Severity.WARNING,
                        NOT_AGAIN,
                        after.service(),
                        "backup " + after.id() + " unverifiable: " + after.error(),
                        "pgsteward backups " + after.service() + "   # which of them are signed?",
                        clock.instant())
                .with(Map.of(BackupNotices.STORED, after.path().orElseThrow()));
    }

    private Condition notAgain(Backup after) {
        return Condition.bad(
                Severity.WARNING,
                NOT_AGAIN,
                after.service(),
                after.path().orElseThrow() + " is the file that was proved before, and could not be restored again: "
                        + after.error(),
                "df -h   # is there room for a scratch cluster?\npgsteward backups " + after.service(),
                clock.instant());
    }

    /** Of whom damage was told, and has no damaged one any more. */
    private List<Condition> recovered() {
        try {
            Map<String, Integer> damaged = rows.damaged();
            return alerts.firing().stream()
                    .filter(alert -> alert.kind().equals(DAMAGED))
                    .map(Alert::service)
                    .filter(service -> !damaged.containsKey(service))
                    .map(service -> Condition.well(
                            DAMAGED, service, "none of its backups is known to be damaged", clock.instant()))
                    .toList();
        } catch (SQLException e) {
            LOG.warn("which damaged backups are gone cannot be told: {}", e.getMessage());
            return List.of();
        }
    }
}
