package org.pgsteward.backup.copy;

import java.io.IOException;
import java.sql.SQLException;
import org.pgsteward.alert.Reporter;
import org.pgsteward.backup.store.Store;
import org.pgsteward.journal.CopyRows;
import org.pgsteward.model.BackupCopy;
import org.pgsteward.model.CopyState;
import org.pgsteward.model.FirstCause;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Removes the copies at one target that the policy no longer keeps. */
final class CopyRemoval {
    private static final Logger LOG = LoggerFactory.getLogger(CopyRemoval.class);

    private final CopyTarget target;
    private final CopyPlace place;
    private final CopiesInUse inUse;
    private final Reporter reporter;

    CopyRemoval(CopyTarget target, CopyPlace place, CopiesInUse inUse, Reporter reporter) {
        this.target = target;
        this.place = place;
        this.inUse = inUse;
        this.reporter = reporter;
    }

    /**
     * Removes what the plan does not keep. A copy that a drill or a restore reads stays until the next pass.
     *
     * @return whether any copy was removed
     * @throws IOException if the target does not answer
     */
    boolean run(CopyPlan plan, CopyRows rows, Store store) throws IOException, SQLException, InterruptedException {
        boolean removed = false;
        for (CopyPlan.Excess excess : plan.toRemove(rows.of(target.name()), store.pins()::reason)) {
            BackupCopy copy = excess.candidate().copy().orElseThrow();
            if (inUse.take(copy)) {
                try {
                    removed |= remove(copy, excess.reason());
                } finally {
                    inUse.release(copy);
                }
            }
        }
        return removed;
    }

    /** Removes a copy, its manifest last: if the target refuses to remove the file, the copy stays complete. */
    private boolean remove(BackupCopy copy, String reason) throws IOException, InterruptedException {
        String path = copy.source().path();
        String refusal = "the target keeps it";
        try {
            place.remove(path);
        } catch (IOException e) {
            refusal = "the target refuses to remove it: " + FirstCause.of(e);
        }
        // A target that answers and still has the file refuses the removal.
        if (place.has(path)) {
            retained(copy, refusal);
            return false;
        }
        place.remove(Store.manifestOf(path));
        reporter.record(copy.in(CopyState.REMOVED, ""));
        LOG.info("{}: removed {} at {}: {}", copy.source().service(), path, target.name(), reason);
        return true;
    }

    private void retained(BackupCopy copy, String because) {
        if (copy.state() != CopyState.RETAINED) {
            // A damaged copy that the target keeps is no copy.
            reporter.record(copy.in(copy.state().isThere() ? CopyState.RETAINED : CopyState.REMOVED, because));
            LOG.info(
                    "{}: {} is retained at {}: {}",
                    copy.source().service(),
                    copy.source().path(),
                    target.name(),
                    because);
        }
    }
}
