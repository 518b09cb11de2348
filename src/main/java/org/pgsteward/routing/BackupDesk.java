package org.pgsteward.routing;

import java.io.IOException;
import java.sql.SQLException;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.apache.camel.Exchange;
import org.apache.camel.support.SynchronizationAdapter;
import org.jspecify.annotations.Nullable;
import org.pgsteward.backup.BackupTarget;
import org.pgsteward.backup.DueBackups;
import org.pgsteward.backup.DumpRun;
import org.pgsteward.backup.Dumps;
import org.pgsteward.backup.ProcessDeaths;
import org.pgsteward.backup.Proof;
import org.pgsteward.backup.RunsUnderWay;
import org.pgsteward.backup.Schedule;
import org.pgsteward.backup.Targets;
import org.pgsteward.journal.Tables;
import org.pgsteward.model.Backup;
import org.pgsteward.model.BackupKind;
import org.pgsteward.model.BackupState;
import org.pgsteward.model.Condition;
import org.pgsteward.model.Severity;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Backups, as the routes see them: what is due, a run's beginning and its end. However a route with a run in it ends, the
 * run is closed, a failure is written down and told; no edit of the route can leave that out.
 */
public final class BackupDesk {
    /** Where a {@link BackupTarget} is handed in, and the {@link Backup} comes out. */
    public static final String DOOR = "direct:backup-one";

    /** Where several are handed in at once, and the backups come out in the same order, those that failed among them. */
    private static final String ALL = "direct:backup-all";

    /** The {@code kind} of what is told of a backup that is not proved. */
    static final String FAILED = "backup-failed";

    /** The figure that a trouble has which is of a backup in the store, and not of a run: no run need follow that ends it. */
    static final String STORED = "path";

    /** The exchange's variable that holds the {@link BackupTarget}. */
    static final String TARGET = "target";

    /** The exchange's variable that holds the {@link DumpRun} under way, and nothing once that has ended. */
    static final String RUN = "run";

    /** The exchange's variable that holds the {@link Backup} of a run that ended: failed, or with its file made. */
    private static final String OUTCOME = "outcome";

    /** The exchange's variable that says why there is no run. */
    private static final String ASIDE = "aside";

    /** The exchange's property that marks the backups of a night, which may wait for PostgreSQL. */
    private static final String IN_NIGHT = "pgsteward.night";

    /** A restart of PostgreSQL, or the update of its container, takes less. */
    private static final Duration ABSENCE = Duration.ofMinutes(3);

    /** invalid_catalog_name: there is no such database. */
    private static final String NO_DATABASE = "3D000";

    /** As often as a base backup is tried at one of its times, and for one who asks. */
    static final int BASE_TRIES = 3;

    private static final String UNDER_WAY = "another run of it is under way";

    private static final String NOT_SEALED = "the route ended before the file was sealed";

    private static final String NOT_PROVED = "the route ended before the verification was recorded";

    private static final Logger LOG = LoggerFactory.getLogger(BackupDesk.class);

    private final Dumps dumps;
    private final Targets targets;
    private final Tables tables;
    private final Housekeeping house;
    private final Schedules schedules;
    private final SetDesk sets;
    private final CardDesk card;
    private final RunsUnderWay runs;
    private final Proof proof;
    private final ProcessDeaths deaths;
    private final Doors doors;
    private final Clock clock;
    private final ShortAbsence absence = new ShortAbsence(ABSENCE);
    private RunsUnderWay.@Nullable Run night;
    private volatile boolean othersAreDue;

    public BackupDesk(
            Dumps dumps,
            Targets targets,
            Tables tables,
            Housekeeping house,
            Schedules schedules,
            SetDesk sets,
            CardDesk card,
            RunsUnderWay runs,
            Proof proof,
            ProcessDeaths deaths,
            Doors doors,
            Clock clock) {
        this.dumps = dumps;
        this.targets = targets;
        this.tables = tables;
        this.house = house;
        this.schedules = schedules;
        this.sets = sets;
        this.card = card;
        this.runs = runs;
        this.proof = proof;
        this.deaths = deaths;
        this.doors = doors;
        this.clock = clock;
    }

    /** What has come due by now, as one set, which is closed when the exchange is done. */
    public List<BackupTarget> due(Exchange exchange) {
        Optional<RunsUnderWay.Run> begun = beginNight();
        if (begun.isEmpty()) {
            othersAreDue = !dueNow().isEmpty();
            return List.of();
        }
        othersAreDue = false;
        boolean goesOn = false;
        try {
            List<BackupTarget> due = due();
            if (due.isEmpty()) {
                return due;
            }
            exchange.setProperty(IN_NIGHT, true);
            absence.over();
            List<BackupTarget> set = sets.open(SetDesk.SCHEDULE, due);
            Proof.Series series = proof.series();
            exchange.getExchangeExtension().addOnCompletion(new SynchronizationAdapter() {
                @Override
                public void onDone(Exchange done) {
                    endNight(begun.get());
                    series.close();
                    sets.close(set);
                }
            });
            goesOn = true;
            return set;
        } finally {
            if (!goesOn) {
                endNight(begun.get());
            }
        }
    }

    /** One at a time; beside one that is stuck, the next. */
    private synchronized Optional<RunsUnderWay.Run> beginNight() {
        if (night != null && night.progress().cancelled().isEmpty()) {
            return Optional.empty();
        }
        RunsUnderWay.Run begun = runs.night();
        night = begun;
        return Optional.of(begun);
    }

    private synchronized void endNight(RunsUnderWay.Run ended) {
        ended.close();
        if (ended.equals(night)) {
            night = null;
            othersAreDue = false;
        }
    }

    /** Returns whether backups have come due that wait for the end of a night, as of the last look. */
    public boolean othersAreDue() {
        return othersAreDue;
    }

    /** What has come due by now; nothing while PostgreSQL is away, which is told by whoever watches it. */
    List<BackupTarget> due() {
        try {
            house.order();
        } catch (SQLException e) {
            return unknown(e);
        }
        return dueNow();
    }

    private List<BackupTarget> unknown(SQLException e) {
        tables.doubt(e);
        LOG.warn("which backups are due cannot be told: {}", e.getMessage());
        return List.of();
    }

    private List<BackupTarget> dueNow() {
        List<DueBackups.Due> due = new ArrayList<>();
        try {
            Instant now = clock.instant();
            for (BackupKind kind : BackupKind.values()) {
                if (kind == BackupKind.BASE && !schedules.hasBase()) {
                    continue;
                }
                Map<String, Tables.LastRun> runs = tables.lastRuns(kind.word(), now);
                List<DueBackups.Due> ofKind = new ArrayList<>();
                for (Targets.Found found : targets.all(kind)) {
                    if (deaths.heldUntil(found.target().service()).isPresent()) {
                        continue;
                    }
                    Tables.LastRun last = runs.get(found.target().service());
                    // What has never been backed up is due at once, and not only at its schedule's next time.
                    Instant since = last == null ? Instant.EPOCH : last.startedAt();
                    int failures = last != null && "failed".equals(last.state()) && isTriedAgain(kind)
                            ? Math.max(1, tables.failuresInARow(found.target().service()))
                            : 0;
                    boolean unverifiable = last != null && last.state().equals(BackupState.UNVERIFIABLE.word());
                    Schedule schedule = schedules.of(kind, found.target().service());
                    if (DueBackups.isDue(schedule, since, failures, unverifiable, now)) {
                        ofKind.add(new DueBackups.Due(found.target(), unverifiable, since));
                    }
                }
                due.addAll(DueBackups.inOrder(ofKind));
            }
        } catch (SQLException e) {
            return unknown(e);
        }
        return DueBackups.apart(due, deaths::isSuspected).stream()
                .map(DueBackups.Due::target)
                .toList();
    }

    /** What keeps a base backup from being made mostly lasts until somebody does something, and it is no small thing to try. */
    private boolean isTriedAgain(BackupKind kind) throws SQLException {
        return kind != BackupKind.BASE || tables.failuresInARow(Targets.BASE) % BASE_TRIES != 0;
    }

    /**
     * Begins the run of a target.
     *
     * @return how it stands in the journal, or nothing (and the route stops) while another run of it is under way, or when
     *     its database was dropped or renamed since it was listed: that is no failure of a backup
     */
    public @Nullable Backup begin(BackupTarget target, Exchange exchange) throws Exception {
        exchange.setVariable(TARGET, target);
        Optional<DumpRun> begun;
        try {
            house.requireStore();
            begun = beginWhenThere(target, exchange);
        } catch (InterruptedException e) {
            throw e;
        } catch (Throwable e) {
            if (isGone(target, e)) {
                return stepAside(exchange, target, "database " + target.database() + " is no longer there");
            }
            Backup failed = notBegun(target, "it could not begin: " + ownWords(e), clock.instant());
            exchange.setVariable(OUTCOME, failed);
            conclude(failed);
            throw e;
        }
        if (begun.isEmpty()) {
            return stepAside(exchange, target, UNDER_WAY);
        }
        DumpRun run = begun.get();
        exchange.setVariable(RUN, run);
        exchange.getExchangeExtension().addOnCompletion(new SynchronizationAdapter() {
            @Override
            public void onDone(Exchange done) {
                try {
                    end(run, done);
                } finally {
                    // A split keeps its exchanges until the last of them ends, and a run holds megabytes.
                    done.setVariable(RUN, null);
                }
            }
        });
        return run.started();
    }

    /** Waits for PostgreSQL in a night. A backup that somebody asks for fails at once while PostgreSQL is away. */
    private Optional<DumpRun> beginWhenThere(BackupTarget target, Exchange exchange)
            throws IOException, SQLException, InterruptedException {
        boolean waits = exchange.getProperty(IN_NIGHT, false, Boolean.class);
        while (true) {
            try {
                Optional<DumpRun> begun = dumps.begin(target);
                absence.over();
                return begun;
            } catch (SQLException e) {
                if (!waits || !absence.isToTryAgain(e)) {
                    throw e;
                }
            }
        }
    }

    /** The file stands: see {@link DumpRun#seal}. */
    public Backup seal(Exchange exchange) throws IOException, InterruptedException {
        DumpRun run = exchange.getVariable(RUN, DumpRun.class);
        Backup made = run.seal();
        String warnings = run.warnings();
        if (!warnings.isEmpty()) {
            LOG.warn("backup {} was made with warnings: {}", made.id(), warnings);
        }
        // The lock and the snapshot go now, not after the proof: the next dump need not wait for it.
        run.close();
        exchange.setVariable(RUN, null);
        exchange.setVariable(OUTCOME, made);
        if (made.state() != BackupState.MADE || made.provedInStream()) {
            // Another one is verified next, and the card is written after that.
            card.write();
        }
        return made;
    }

    /** What is to be told of a backup; where it was not made now but proved again, with where it lies. */
    public Condition condition(Backup backup, Exchange exchange) {
        Condition condition = told(laterFailure(backup).orElse(backup));
        if (exchange.getVariable(TARGET) != null
                || condition.severity().isEmpty()
                || backup.path().isEmpty()) {
            return condition;
        }
        Map<String, Object> figures = new LinkedHashMap<>(condition.figures());
        figures.put(STORED, backup.path().get());
        return condition.with(figures);
    }

    /** Returns the newest run if it began after a verified backup and failed: the older backup does not end that alert. */
    private Optional<Backup> laterFailure(Backup backup) {
        if (backup.state() != BackupState.VERIFIED) {
            return Optional.empty();
        }
        try {
            return tables.newestRun(backup.service(), backup.database(), backup.kind())
                    .filter(newest -> newest.state() == BackupState.FAILED)
                    .filter(newest -> newest.startedAt().isAfter(backup.startedAt()));
        } catch (SQLException e) {
            LOG.warn("{}: cannot read the newest run: {}", backup.service(), e.getMessage());
            return Optional.empty();
        }
    }

    /** Well when it is proved; trouble when it is not, which of a base backup is less: every database is dumped as well. */
    private Condition told(Backup backup) {
        if (backup.state() == BackupState.VERIFIED) {
            return Condition.well(FAILED, backup.service(), backup.id() + " is proved", clock.instant());
        }
        if (backup.state() == BackupState.MADE && backup.provedInStream()) {
            return Condition.well(
                    FAILED, backup.service(), backup.id() + " was proved before it was sealed", clock.instant());
        }
        boolean failed = backup.state() == BackupState.FAILED;
        return Condition.bad(
                        failed && backup.kind() != BackupKind.BASE ? Severity.CRITICAL : Severity.WARNING,
                        FAILED,
                        backup.service(),
                        "backup " + backup.id() + " of " + backup.service() + " is "
                                + backup.state().word() + ": " + backup.error(),
                        "pgsteward backup "
                                + (backup.kind() == BackupKind.DUMP
                                        ? backup.service()
                                        : "--kind " + backup.kind().word()),
                        clock.instant())
                .with(Map.of("dump_seconds", backup.dumpTime().toMillis() / 1000.0));
    }

    /** Backs up each of them by the routes; while one is proved the next is dumped. */
    public static List<Backup> all(Doors doors, List<BackupTarget> targets) throws Exception {
        Exchange done = doors.ask(ALL, targets);
        if (done.getException() != null) {
            throw done.getException();
        }
        return BackupOutcomes.of(done);
    }

    /** How the run of {@code target} ended that an exchange through {@link #DOOR} carried. */
    public static Backup outcome(Exchange exchange, BackupTarget target, Instant now) {
        if (exchange.getException() == null && exchange.getMessage().getBody() instanceof Backup backup) {
            return backup;
        }
        Backup ended = exchange.getVariable(OUTCOME, Backup.class);
        if (ended != null && ended.state() == BackupState.FAILED) {
            return ended;
        }
        String because = exchange.getException() == null
                ? exchange.getVariable(ASIDE, ended == null ? NOT_SEALED : NOT_PROVED, String.class)
                : reason(exchange.getException());
        return ended == null
                ? notBegun(target, because, now)
                : ended.judged(BackupState.UNVERIFIABLE, now, Duration.ZERO, because);
    }

    private static @Nullable Backup stepAside(Exchange exchange, BackupTarget target, String because) {
        LOG.info("{}: no backup is begun: {}", target.service(), because);
        exchange.setVariable(ASIDE, because);
        exchange.setRouteStop(true);
        return null;
    }

    private boolean isGone(BackupTarget target, Throwable refused) {
        if (!(refused instanceof SQLException sql) || !NO_DATABASE.equals(sql.getSQLState())) {
            return false;
        }
        try {
            return targets.all(target.kind()).stream()
                    .noneMatch(found -> found.target().database().equals(target.database()));
        } catch (SQLException e) {
            return false;
        }
    }

    /** Whether a run stepped aside for another one of the same. */
    static boolean isUnderWay(Backup outcome) {
        return outcome.error().equals(UNDER_WAY);
    }

    /** Proves a stored backup by the route, which writes the result down and tells it. */
    public static Backup prove(Doors doors, Backup stored) {
        Exchange exchange = doors.ask("direct:backup-prove", stored);
        if (exchange.getMessage().getBody() instanceof Backup proved && exchange.getException() == null) {
            return proved;
        }
        String because = exchange.getException() == null ? NOT_PROVED : reason(exchange.getException());
        return stored.judged(
                BackupState.UNVERIFIABLE, stored.finishedAt().orElse(stored.startedAt()), Duration.ZERO, because);
    }

    static Backup notBegun(BackupTarget target, String because, Instant at) {
        return Backup.starting(
                        target.service() + "-not-begun", target.service(), target.database(), target.kind(), at, "")
                .inSet(target.setId())
                .failed(at, Duration.ZERO, because);
    }

    private void end(DumpRun run, Exchange exchange) {
        try {
            run.close();
        } catch (IOException e) {
            LOG.error("{}: cannot clean up after the run: {}", run.started().id(), reason(e));
        }
        if (!run.isSealed()) {
            Throwable cause = exchange.getException() != null
                    ? exchange.getException()
                    : exchange.getProperty(Exchange.EXCEPTION_CAUGHT, Throwable.class);
            Backup failed = run.failed(run.cancelled().orElse(cause == null ? NOT_SEALED : reason(cause)));
            exchange.setVariable(OUTCOME, failed);
            conclude(failed);
        }
    }

    /** A failure is written down and told, come what may. */
    private void conclude(Backup failed) {
        LOG.error("backup of {} failed: {}", failed.service(), failed.error());
        try {
            doors.ask("direct:journal-write", failed);
        } finally {
            doors.ask("direct:alert-raise", told(failed));
        }
    }

    /** Ours say more than the cause below them. */
    private static String ownWords(Throwable thrown) {
        return thrown instanceof Error || thrown.getMessage() == null ? reason(thrown) : thrown.getMessage();
    }

    static String reason(Throwable thrown) {
        Throwable cause = thrown;
        while (cause.getCause() != null && cause.getCause() != cause) {
            cause = cause.getCause();
        }
        String name = cause.getClass().getSimpleName();
        if (cause.getMessage() == null) {
            return name;
        }
        return cause instanceof Error ? name + ": " + cause.getMessage() : cause.getMessage();
    }
}
