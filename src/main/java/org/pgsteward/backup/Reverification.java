package org.pgsteward.backup;

import java.io.IOException;
import java.sql.SQLException;
import java.time.Clock;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import org.pgsteward.alert.Alert;
import org.pgsteward.alert.AlertRegistry;
import org.pgsteward.alert.Reporter;
import org.pgsteward.backup.store.Removal;
import org.pgsteward.backup.store.SharedNames;
import org.pgsteward.backup.store.Store;
import org.pgsteward.backup.store.StoreView;
import org.pgsteward.backup.store.StoredBackupStatus;
import org.pgsteward.backup.underway.ProcessDeaths;
import org.pgsteward.backup.verify.Verification;
import org.pgsteward.io.Attempts;
import org.pgsteward.journal.BackupRows;
import org.pgsteward.model.Backup;
import org.pgsteward.model.BackupRow;
import org.pgsteward.model.BackupState;
import org.pgsteward.model.Condition;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Verifies stored backups again, to find a disk that loses data before a backup on it is needed. {@link
 * ReverificationOrder} chooses the backups, and {@link ReverificationRule} interprets the results.
 */
public final class Reverification {
    private static final Logger LOG = LoggerFactory.getLogger(Reverification.class);

    private final StoreView holdings;
    private final Removal removal;
    private final SharedNames names;
    private final SharedFiles shared;
    private final BackupRows rows;
    private final StartupRecovery house;
    private final Verification verification;
    private final ProcessDeaths deaths;
    private final AlertRegistry alerts;
    private final Reporter reporter;
    private final Clock clock;

    public Reverification(
            Store store,
            StoreView holdings,
            SharedFiles shared,
            BackupRows rows,
            StartupRecovery house,
            Verification verification,
            ProcessDeaths deaths,
            AlertRegistry alerts,
            Reporter reporter,
            Clock clock) {
        this.holdings = holdings;
        this.removal = new Removal(store);
        this.names = new SharedNames(store);
        this.shared = shared;
        this.rows = rows;
        this.house = house;
        this.verification = verification;
        this.deaths = deaths;
        this.alerts = alerts;
        this.reporter = reporter;
        this.clock = clock;
    }

    /**
     * Verifies the {@code count} backups with the oldest checks, records the results, and raises alerts about damage.
     *
     * @throws Exception the first failure, after all backups
     */
    public void verifyOldest(int count) throws Exception {
        Attempts.all(
                () -> Attempts.each(next(count), this::verify),
                () -> recovered().forEach(reporter::raise));
    }

    private void verify(StoredBackupStatus backup) throws InterruptedException {
        ReverificationRule.Conclusion conclusion = reverify(backup);
        reporter.record(conclusion.backup());
        if (conclusion.verdict() == ReverificationRule.Verdict.GOOD
                || conclusion.verdict() == ReverificationRule.Verdict.DAMAGED) {
            shared.spread(conclusion.backup());
        }
        conclusion.condition().ifPresent(reporter::raise);
    }

    /** Returns the backups to verify; none while PostgreSQL is unavailable. */
    private List<StoredBackupStatus> next(int count) {
        try {
            house.order();
            return ReverificationOrder.first(
                    count,
                    rows.services(),
                    service -> deaths.heldUntil(service).isPresent(),
                    this::candidates,
                    clock.instant());
        } catch (SQLException | IOException e) {
            LOG.warn("cannot determine which backup to re-verify: {}", e.getMessage());
            return List.of();
        }
    }

    private ReverificationOrder.Candidates candidates(String service) throws SQLException, IOException {
        Map<UUID, BackupRow> judgements = rows.judgements(service);
        return new ReverificationOrder.Candidates(
                holdings.of(service, judgements), judgements.keySet(), backup -> names.of(backup.path()));
    }

    /**
     * Verifies a backup again. If this host cannot decrypt it, only its file is checked. A backup with a distrusted
     * manifest is not restored.
     */
    ReverificationRule.Conclusion reverify(StoredBackupStatus before) throws InterruptedException {
        Backup backup = before.backup();
        Optional<String> distrust = verification.distrust(backup);
        if (distrust.isPresent()) {
            LOG.warn("{}: {} is not verified: {}", backup.service(), backup.id(), distrust.get());
            return ReverificationRule.distrusted(backup, distrust.get(), clock.instant());
        }
        Backup after = verification.verify(backup);
        ReverificationRule.Conclusion conclusion = ReverificationRule.conclude(
                backup,
                after,
                () -> removal.isUnderWay(before.path()) || isExpired(backup),
                () -> isAsWritten(backup),
                clock.instant());
        switch (conclusion.verdict()) {
            case GOOD -> LOG.info("{}: {} passed its re-verification", backup.service(), backup.id());
            case REMOVED -> LOG.debug("{}: {} was removed meanwhile", backup.service(), backup.id());
            default ->
                LOG.warn("{}: {} did not pass its re-verification: {}", backup.service(), backup.id(), after.error());
        }
        return conclusion.verdict() == ReverificationRule.Verdict.DAMAGED ? shared.withOthers(conclusion) : conclusion;
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

    /** Returns the conditions that resolve alerts about damage, for services without a damaged backup. */
    private List<Condition> recovered() {
        try {
            Set<String> damaged = rows.damaged().keySet();
            List<String> firing = alerts.firing().stream()
                    .filter(alert -> alert.kind().equals(ReverificationRule.DAMAGED))
                    .map(Alert::service)
                    .toList();
            return ReverificationRule.recovered(firing, damaged, clock.instant());
        } catch (SQLException e) {
            LOG.warn("cannot determine which damaged backups were removed: {}", e.getMessage());
            return List.of();
        }
    }
}
