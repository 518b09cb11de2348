package org.pgsteward.backup;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.SQLException;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.UUID;
import org.pgsteward.alert.Reporter;
import org.pgsteward.backup.store.StoreView;
import org.pgsteward.backup.store.StoredBackupStatus;
import org.pgsteward.backup.underway.ProcessDeaths;
import org.pgsteward.backup.underway.RunsUnderWay;
import org.pgsteward.backup.verify.Verification;
import org.pgsteward.io.BoundedFile;
import org.pgsteward.journal.BackupRows;
import org.pgsteward.journal.Readiness;
import org.pgsteward.model.Backup;
import org.pgsteward.model.BackupState;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Verifies backups that were stored but not verified, because the process ended in between (a kill, a power cut, an
 * update of pgsteward). The next night makes new backups, but until then these are the newest ones of their service.
 *
 * <p>The verification may itself end the process if the host has too little memory. This must not happen after each
 * start: after the second interrupted verification, the backup is recorded as unverifiable.
 */
public final class InterruptedVerifications {
    private static final Duration NEWS = Duration.ofDays(7);

    /** Characters, enough for a UUID. */
    private static final int LONGEST_MARK = 100;

    private static final Logger LOG = LoggerFactory.getLogger(InterruptedVerifications.class);

    private final Readiness house;
    private final BackupRows rows;
    private final StoreView holdings;
    private final Verification verification;
    private final RunsUnderWay runs;
    private final ProcessDeaths deaths;
    private final Path mark;
    private final BackupRun run;
    private final BackupAlerts notices;
    private final Reporter reporter;
    private final Clock clock;
    private final Set<UUID> tried = new HashSet<>();
    private Set<UUID> seen = Set.of();

    /**
     * @param house creates the journal's tables at the first start
     * @param state the persistent state folder
     */
    public InterruptedVerifications(
            Readiness house,
            BackupRows rows,
            StoreView holdings,
            Verification verification,
            RunsUnderWay runs,
            ProcessDeaths deaths,
            Path state,
            BackupRun run,
            BackupAlerts notices,
            Reporter reporter,
            Clock clock) {
        this.house = house;
        this.rows = rows;
        this.holdings = holdings;
        this.verification = verification;
        this.runs = runs;
        this.deaths = deaths;
        this.mark = state.resolve("verification-under-way");
        this.run = run;
        this.notices = notices;
        this.reporter = reporter;
        this.clock = clock;
    }

    /**
     * Verifies the backups of interrupted processes. Expects a call about once a minute, by one thread at a time. Takes
     * up a backup only if two calls in a row find it while no process of this host makes or verifies a backup. Before
     * that, the process that made the backup may be about to verify it.
     */
    public void verify() {
        try {
            if (!runs.all().isEmpty() || !verification.isIdle()) {
                seen = Set.of();
                return;
            }
            house.order();
            Map<UUID, String> unverified = rows.unverified(clock.instant().minus(NEWS));
            Map<UUID, String> left = new HashMap<>(unverified);
            left.keySet().retainAll(seen);
            left.keySet().removeAll(tried);
            seen = Set.copyOf(unverified.keySet());
            tried.retainAll(seen);
            if (!left.isEmpty()) {
                List<Backup> stored = stored(left);
                // Tries each backup once. Its row may still wait for PostgreSQL, and an untrusted backup is not
                // verified at all.
                tried.addAll(left.keySet());
                verify(stored);
            }
        } catch (SQLException | IOException e) {
            LOG.warn("cannot determine which backups were not verified: {}", e.getMessage());
        }
    }

    /** Returns the backups that are stored and may be verified without a request. */
    private List<Backup> stored(Map<UUID, String> left) throws SQLException, IOException {
        List<Backup> stored = new ArrayList<>();
        for (String service : Set.copyOf(left.values())) {
            holdings.of(service, rows.judgements(service)).stream()
                    .map(StoredBackupStatus::backup)
                    .filter(backup -> left.containsKey(backup.identity().eventId()))
                    .filter(backup -> verification.distrust(backup).isEmpty())
                    .forEach(stored::add);
        }
        return stored;
    }

    private void verify(List<Backup> left) throws IOException {
        String interrupted = marked();
        for (Backup backup : left) {
            if (isGivenUp(backup, interrupted)) {
                giveUp(backup);
            }
        }
        try (Verification.Series series = verification.series()) {
            Objects.requireNonNull(series);
            for (Backup backup : left) {
                if (!isGivenUp(backup, interrupted)) {
                    LOG.info(
                            "{}: verifying {} now, because its process ended before its verification",
                            backup.service(),
                            backup.id());
                    Files.writeString(mark, backup.identity().eventId().toString());
                    run.verify(backup);
                }
            }
        }
        Files.deleteIfExists(mark);
    }

    private boolean isGivenUp(Backup backup, String interrupted) {
        return backup.identity().eventId().toString().equals(interrupted)
                || deaths.heldUntil(backup.service()).isPresent();
    }

    /**
     * Returns the event id of the backup that a process of this host was verifying when it ended; empty if there is
     * none.
     */
    private String marked() throws IOException {
        return Files.exists(mark) ? BoundedFile.text(mark, LONGEST_MARK).strip() : "";
    }

    private void giveUp(Backup backup) {
        Backup judged = backup.judged(
                BackupState.UNVERIFIABLE,
                clock.instant(),
                Duration.ZERO,
                "pgsteward ended twice during its verification; check whether this host has enough memory for a scratch cluster");
        LOG.error("{}: {} is not verified: {}", judged.service(), judged.id(), judged.error());
        reporter.record(judged);
        notices.raise(judged, false);
    }
}
