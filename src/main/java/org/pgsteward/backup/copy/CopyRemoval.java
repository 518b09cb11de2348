package org.pgsteward.backup.copy;

import java.io.IOException;
import java.sql.SQLException;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import org.pgsteward.alert.Reporter;
import org.pgsteward.backup.store.Store;
import org.pgsteward.journal.CopyRows;
import org.pgsteward.model.BackupCopy;
import org.pgsteward.model.CopyState;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Removes the copies at one target that the policy no longer keeps. */
final class CopyRemoval {
    private static final Logger LOG = LoggerFactory.getLogger(CopyRemoval.class);

    /** The most copies that are removed at once. */
    private static final int BATCH = 500;

    private static final String KEEPS = "the target keeps it";

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
        List<CopyPlan.Excess> excess = plan.toRemove(rows.of(target.name()), store.pins()::reason);
        boolean removed = false;
        for (int from = 0; from < excess.size(); from += BATCH) {
            removed |= removeUnused(excess.subList(from, Math.min(from + BATCH, excess.size())));
        }
        return removed;
    }

    private boolean removeUnused(List<CopyPlan.Excess> excess) throws IOException, InterruptedException {
        Map<BackupCopy, String> reasons = new LinkedHashMap<>();
        try {
            for (CopyPlan.Excess one : excess) {
                BackupCopy copy = one.candidate().copy().orElseThrow();
                if (inUse.take(copy)) {
                    reasons.put(copy, one.reason());
                }
            }
            return remove(reasons);
        } finally {
            reasons.keySet().forEach(inUse::release);
        }
    }

    /** Removes copies, their manifests last: if the target refuses to remove a file, the copy stays complete. */
    private boolean remove(Map<BackupCopy, String> reasons) throws IOException, InterruptedException {
        Map<String, BackupCopy> left = new LinkedHashMap<>();
        reasons.keySet().forEach(copy -> left.put(copy.source().path(), copy));
        boolean removed = false;
        while (!left.isEmpty()) {
            // The result of each step is recorded before the next one, in which the target may fail.
            for (Map.Entry<String, Optional<String>> one :
                    place.removeSome(List.copyOf(left.keySet())).entrySet()) {
                String path = one.getKey();
                BackupCopy copy = Objects.requireNonNull(left.remove(path));
                if (one.getValue().isPresent()) {
                    String refusal = one.getValue().get();
                    retained(copy, refusal.isEmpty() ? KEEPS : "the target refuses to remove it: " + refusal);
                } else {
                    place.remove(Store.manifestOf(path));
                    reporter.record(copy.in(CopyState.REMOVED, ""));
                    LOG.info(
                            "{}: removed {} at {}: {}",
                            copy.source().service(),
                            path,
                            target.name(),
                            reasons.get(copy));
                    removed = true;
                }
            }
        }
        return removed;
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
