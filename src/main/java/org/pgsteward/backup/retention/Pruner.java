package org.pgsteward.backup.retention;

import java.io.IOException;
import java.nio.file.Path;
import java.sql.SQLException;
import java.time.Clock;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import org.pgsteward.alert.Reporter;
import org.pgsteward.backup.store.CardKeeper;
import org.pgsteward.backup.store.Manifest;
import org.pgsteward.backup.store.Removal;
import org.pgsteward.backup.store.SetKeeper;
import org.pgsteward.backup.store.Store;
import org.pgsteward.backup.store.StoredBackupStatus;
import org.pgsteward.backup.underway.RunLock;
import org.pgsteward.io.Attempts;
import org.pgsteward.journal.BackupRows;
import org.pgsteward.journal.Readiness;
import org.pgsteward.journal.Spool;
import org.pgsteward.model.BackupRow;
import org.pgsteward.model.Expiry;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Removes the backups that the policy does not keep, one service at a time, while no run of that service is under way.
 * It decides by the journal. So it keeps each backup without a row in the journal, and removes no backup while rows are
 * waiting to be written.
 */
public final class Pruner {
    private static final Logger LOG = LoggerFactory.getLogger(Pruner.class);

    private final Store store;
    private final Removal removal;
    private final BackupRows rows;
    private final Spool spool;
    private final Readiness house;
    private final PlannedRetention plans;
    private final SetKeeper sets;
    private final CardKeeper card;
    private final Path locks;
    private final Reporter reporter;
    private final Clock clock;
    private final RetentionPass pass = new RetentionPass();

    public Pruner(
            Store store,
            BackupRows rows,
            Spool spool,
            Readiness house,
            PlannedRetention plans,
            SetKeeper sets,
            CardKeeper card,
            Path locks,
            Reporter reporter,
            Clock clock) {
        this.store = store;
        this.removal = new Removal(store);
        this.rows = rows;
        this.spool = spool;
        this.house = house;
        this.plans = plans;
        this.sets = sets;
        this.card = card;
        this.locks = locks;
        this.reporter = reporter;
        this.clock = clock;
    }

    /**
     * Removes the backups of each service that the policies do not keep.
     *
     * @throws Exception the first failure, after all services
     */
    public void prune(ServicePolicies policies) throws Exception {
        Attempts.each(services(policies), service -> keep(service, policies));
    }

    /** Returns the services with backups; empty while PostgreSQL is unavailable or rows are waiting for it. */
    private List<String> services(ServicePolicies policies) {
        try {
            house.order();
            int waiting = spool.waiting().size();
            if (waiting > 0) {
                LOG.warn("retention removes no backup while {} journal rows wait for PostgreSQL", waiting);
                return List.of();
            }
            List<String> services = rows.services();
            pass.begin(services.size());
            policies.services().stream()
                    .filter(service -> !services.contains(service))
                    .forEach(service -> LOG.warn(
                            "the route file has a retention policy for '{}', which has never had a backup", service));
            return services;
        } catch (SQLException | IOException e) {
            LOG.warn("cannot determine which backups to remove, so none is removed: {}", e.getMessage());
            return List.of();
        }
    }

    /** Removes the backups of {@code service} that its policy does not keep. */
    private void keep(String service, ServicePolicies policies) throws IOException, SQLException {
        boolean anyGone = false;
        try {
            Optional<RunLock> lock = RunLock.take(locks, service);
            if (lock.isEmpty()) {
                LOG.info("{}: retention skips the service this time, because a run of it is under way", service);
                return;
            }
            try {
                for (Manifest half : removal.unfinished(service)) {
                    if (keepPinned(service, Store.path(half), half.file().sizeBytes())) {
                        continue;
                    }
                    anyGone = true;
                    remove(
                            service,
                            half.identity().backupId(),
                            UUID.fromString(half.identity().eventId()),
                            Store.path(half),
                            "pgsteward ended during its removal");
                }
                anyGone |= removeOld(service, policies);
            } finally {
                lock.get().close();
            }
        } finally {
            if (pass.done(anyGone, clock.instant())) {
                sets.tidy();
                card.write();
            }
        }
    }

    /** @return whether any was removed */
    private boolean removeOld(String service, ServicePolicies policies) throws IOException, SQLException {
        Map<UUID, BackupRow> judgements = rows.judgements(service);
        PlannedRetention.OfService plan = plans.of(service, policies, judgements);
        if (plan.policy().isEmpty() || judgements.isEmpty()) {
            return false;
        }
        boolean anyGone = false;
        for (RetentionPlan.Decision decision : plan.decisions()) {
            StoredBackupStatus backup = decision.backup();
            if (!decision.kept()) {
                removal.mark(backup.path());
                if (keepPinned(service, backup.path(), backup.backup().file().sizeBytes())) {
                    continue;
                }
                anyGone = true;
                remove(
                        service,
                        backup.id(),
                        backup.backup().identity().eventId(),
                        backup.path(),
                        String.join("; ", decision.reasons()));
            }
        }
        if (plan.unknown() > 0) {
            LOG.info(
                    "{}: {} old backups are kept, because the journal has no rows of them; 'pgsteward verify --backup ID'"
                            + " or the daily re-verification writes the row",
                    service,
                    plan.unknown());
        }
        return anyGone;
    }

    /** Keeps a marked backup that was pinned meanwhile. Returns whether it was. */
    private boolean keepPinned(String service, String path, long sizeBytes) throws IOException {
        boolean kept = removal.restoreIfPinned(path, sizeBytes);
        if (kept) {
            LOG.info(
                    "{}: {} is kept, because it was pinned meanwhile",
                    service,
                    store.root().resolve(path));
        }
        return kept;
    }

    /** Removes a backup, from the second step of {@link Removal} on. */
    private void remove(String service, String backupId, UUID eventId, String path, String reason) throws IOException {
        removal.deleteFile(path);
        reporter.record(new Expiry(service, backupId, eventId, reason, clock.instant()));
        removal.forget(path);
        LOG.info("{}: removed {}: {}", service, store.root().resolve(path), reason);
    }
}
