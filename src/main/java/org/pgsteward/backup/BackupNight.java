package org.pgsteward.backup;

import java.util.List;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.pgsteward.backup.schedule.BackupTarget;
import org.pgsteward.backup.schedule.DueTargets;
import org.pgsteward.backup.store.SetKeeper;
import org.pgsteward.backup.underway.RunsUnderWay;
import org.pgsteward.backup.verify.Verification;
import org.pgsteward.model.Backup;

/**
 * Backs up all due targets as one set. Only one night runs at a time, except that a new night may begin beside a
 * cancelled one that hangs.
 */
public final class BackupNight {
    private final DueTargets due;
    private final ConcurrentBackups pair;
    private final SetKeeper sets;
    private final Verification verification;
    private final RunsUnderWay runs;
    private RunsUnderWay.@Nullable Run night;
    private volatile boolean othersAreDue;

    public BackupNight(
            DueTargets due, ConcurrentBackups pair, SetKeeper sets, Verification verification, RunsUnderWay runs) {
        this.due = due;
        this.pair = pair;
        this.sets = sets;
        this.verification = verification;
        this.runs = runs;
    }

    /** Returns the backups of this night; empty if none is due, or while another night is under way. */
    public List<Backup> run() throws InterruptedException {
        Optional<RunsUnderWay.Run> begun = begin();
        if (begun.isEmpty()) {
            othersAreDue = due.isAny();
            return List.of();
        }
        othersAreDue = false;
        try {
            List<BackupTarget> targets = due();
            return targets.isEmpty() ? List.of() : backUp(targets);
        } finally {
            end(begun.get());
        }
    }

    List<BackupTarget> due() {
        return due.find();
    }

    private List<Backup> backUp(List<BackupTarget> targets) throws InterruptedException {
        List<BackupTarget> set = sets.open(SetKeeper.SCHEDULE, targets);
        try (Verification.Series series = verification.series()) {
            Objects.requireNonNull(series);
            return pair.all(set, BackupRun.Patience.WAITS).stream()
                    .map(BackupRun.Outcome::backup)
                    .toList();
        } finally {
            sets.close(set);
        }
    }

    private synchronized Optional<RunsUnderWay.Run> begin() {
        if (night != null && night.progress().cancelled().isEmpty()) {
            return Optional.empty();
        }
        RunsUnderWay.Run begun = runs.night();
        night = begun;
        return Optional.of(begun);
    }

    private synchronized void end(RunsUnderWay.Run ended) {
        ended.close();
        if (ended.equals(night)) {
            night = null;
            othersAreDue = false;
        }
    }

    /** Returns whether other backups became due during the night under way, as of the last call of {@link #run}. */
    public boolean othersAreDue() {
        return othersAreDue;
    }
}
