package org.pgsteward.app;

import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.time.Clock;
import java.time.Instant;
import java.time.ZoneId;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.pgsteward.alert.AlertRegistry;
import org.pgsteward.alert.Incident;
import org.pgsteward.alert.Reporter;
import org.pgsteward.alert.Silences;
import org.pgsteward.backup.BackupRun;
import org.pgsteward.backup.ConcurrentBackups;
import org.pgsteward.backup.RequestedBackups;
import org.pgsteward.backup.SharedFiles;
import org.pgsteward.backup.StartupRecovery;
import org.pgsteward.backup.copy.CopyDrill;
import org.pgsteward.backup.copy.CopyPass;
import org.pgsteward.backup.copy.CopyTargets;
import org.pgsteward.backup.copy.CopyWatch;
import org.pgsteward.backup.dump.Dumps;
import org.pgsteward.backup.dump.Unchanged;
import org.pgsteward.backup.restore.Recovery;
import org.pgsteward.backup.restore.Restore;
import org.pgsteward.backup.retention.Pinning;
import org.pgsteward.backup.retention.PlannedRetention;
import org.pgsteward.backup.retention.ServicePolicies;
import org.pgsteward.backup.schedule.Targets;
import org.pgsteward.backup.store.BackupSets;
import org.pgsteward.backup.store.CardKeeper;
import org.pgsteward.backup.store.SetKeeper;
import org.pgsteward.backup.store.Store;
import org.pgsteward.backup.underway.RunsUnderWay;
import org.pgsteward.backup.verify.Verification;
import org.pgsteward.camel.Pipeline;
import org.pgsteward.camel.RouteClient;
import org.pgsteward.camel.lint.PolicyReading;
import org.pgsteward.camel.lint.RouteCheck;
import org.pgsteward.camel.receivers.ReceiverTrial;
import org.pgsteward.camel.receivers.Redaction;
import org.pgsteward.config.Settings;
import org.pgsteward.containers.Containers;
import org.pgsteward.doctor.Examination;
import org.pgsteward.engine.DockerEngine;
import org.pgsteward.journal.BackupRows;
import org.pgsteward.journal.Tables;
import org.pgsteward.model.CommandPrefix;
import org.pgsteward.model.Console;
import org.pgsteward.monitor.Watches;
import org.pgsteward.overview.Overview;
import org.pgsteward.overview.OverviewReader;
import org.pgsteward.postgres.Server;
import org.pgsteward.postgres.UnprivilegedUser;
import org.pgsteward.provision.DaemonProvisioning;
import org.pgsteward.provision.Discovery;
import org.pgsteward.provision.Provisioner;
import org.pgsteward.provision.ServiceProvisioning;

/**
 * Composition of all capabilities' factories, with the objects that commands use. Each object is built once, and named
 * at that place.
 */
public final class Wiring {
    final PostgresFactory postgres;
    final JournalFactory journal;
    final AlertFactory alert;
    final BackupFactory backup;
    final NightFactory nights;
    final BackupWatchFactory backupWatch;
    public final CopyFactory copies;
    final ProvisionFactory provision;
    final MonitorFactory monitor;
    final OverviewFactory overviews;
    final PipelineFactory pipelines;
    private final DaemonFactory daemons;

    public final Settings settings;
    public final Clock clock;
    public final ZoneId zone;
    public final ObjectMapper json;
    private final Redaction redaction;
    public final RouteClient routeClient;
    public final Reporter reporter;
    public final Server server;
    public final CommandPrefix typing;
    public final Tables tables;
    public final BackupRows rows;
    public final AlertRegistry alerts;
    public final Silences silences;
    public final Store store;
    public final Targets targets;
    public final BackupSets backupSets;
    public final SetKeeper sets;
    public final StartupRecovery house;
    public final RunsUnderWay runs;
    public final Unchanged unchanged;
    public final SharedFiles shared;
    public final Dumps dumps;
    public final Verification verification;
    public final Restore restore;
    public final Recovery recovery;
    public final CardKeeper card;
    public final BackupRun backups;
    public final ConcurrentBackups backupPair;
    public final RequestedBackups asked;

    /**
     * Builds the objects. Only folders are opened, so PostgreSQL and the engine may be unavailable.
     *
     * @throws IllegalArgumentException if a setting is missing or wrong, with its name and value
     * @throws IOException if the state folder cannot be created
     */
    public Wiring(Settings given) throws IOException {
        this(given, UnprivilegedUser.ofThisProcess());
    }

    /** Builds the objects, and runs PostgreSQL's programs as {@code user}. */
    public Wiring(Settings given, UnprivilegedUser user) throws IOException {
        this(given, user, Clock.systemUTC());
    }

    /** Builds the objects with another clock. */
    public Wiring(Settings given, UnprivilegedUser user, Clock clock) throws IOException {
        this(new Foundation(given, AccessMode.WORK, user, clock));
    }

    /** Builds the objects for the given purpose. */
    public static Wiring to(AccessMode purpose, Settings given) throws IOException {
        return new Wiring(new Foundation(given, purpose, UnprivilegedUser.ofThisProcess(), Clock.systemUTC()));
    }

    /** Builds the objects from checked settings, of which only one wiring may be built. */
    Wiring(Foundation base) throws IOException {
        postgres = new PostgresFactory(base);
        journal = new JournalFactory(base, postgres);
        alert = new AlertFactory(base, postgres.typing);
        backup = new BackupFactory(base, postgres, journal);
        nights = new NightFactory(base, journal, alert, backup);
        backupWatch = new BackupWatchFactory(base, postgres, journal, alert, backup, nights);
        copies = new CopyFactory(base, journal, alert, backup, backupWatch);
        provision = new ProvisionFactory(base, postgres, journal, alert, backup);
        monitor = new MonitorFactory(base, postgres, journal, alert, backup);
        overviews =
                new OverviewFactory(base, postgres, journal, alert, nights, backupWatch, provision, monitor, copies);
        daemons = new DaemonFactory(this, base);
        pipelines = new PipelineFactory(base, postgres, journal, alert, backup, nights, daemons::routeCheck);

        settings = base.settings;
        clock = base.clock;
        zone = base.zone();
        json = base.json;
        redaction = base.redaction;
        routeClient = base.routeClient;
        reporter = base.reporter;
        server = postgres.server;
        typing = postgres.typing;
        tables = journal.tables;
        rows = journal.rows;
        alerts = alert.alerts;
        silences = alert.silences;
        store = backup.store;
        targets = backup.targets;
        backupSets = backup.backupSets;
        sets = backup.sets;
        house = backup.house;
        runs = backup.runs;
        unchanged = backup.unchanged;
        shared = backup.shared;
        dumps = backup.dumps;
        verification = backup.verification;
        restore = backup.restore;
        recovery = backup.recovery;
        card = backup.card;
        backups = backup.backups;
        backupPair = backup.pair;
        asked = backup.asked;
    }

    /** Returns the daemon with all its parts. It opens no connection and no port before {@link Daemon#start}. */
    public Daemon daemon() throws IOException {
        return daemons.daemon();
    }

    /** Returns the check whether route files would run in the daemon. */
    public RouteCheck routeCheck() {
        return daemons.routeCheck();
    }

    /** Returns the pipeline of commands that make or verify backups. The daemon delivers their notifications. */
    public Pipeline backupPipeline() {
        return pipelines.forBackups();
    }

    /**
     * Returns the pipeline of commands that create or remove databases. They write journal rows and raise alerts as the
     * daemon does.
     */
    public Pipeline notificationPipeline() {
        return pipelines.forNotifications();
    }

    /** Returns the targets of copies, which the routes of a started pipeline reach. */
    public CopyTargets copyTargets() {
        return copies.targets;
    }

    /** Returns the passes over targets of copies. */
    public CopyPass copyPass() {
        return copies.pass();
    }

    /** Returns the drills of copies. */
    public CopyDrill copyDrill() {
        return copies.drill();
    }

    /** Returns the check of the targets of copies. */
    public CopyWatch copyWatch() {
        return copies.watch(target -> Optional.empty());
    }

    /** Returns the pipeline with the targets of copies. */
    public Pipeline copyPipeline() {
        return pipelines.forCopies();
    }

    /** Returns the policies in the route files; empty if no route removes backups. */
    public Optional<ServicePolicies> retentionPolicies() {
        return PolicyReading.of(pipelines.routes().choose().files(), settings.forRoutes());
    }

    /** Returns the plans of retention. They change nothing. */
    public PlannedRetention plannedRetention() {
        return backupWatch.plans();
    }

    /** Returns the number of journal rows that wait for PostgreSQL. */
    public int waitingRows() throws IOException {
        return journal.spool.waiting().size();
    }

    /** Returns the alerts that fire, or have ended at or after {@code since}, the newest start first. */
    public List<Incident> incidents(Instant since) throws IOException {
        return alert.history.since(since, alerts.firing());
    }

    /** Returns the pinning of backups. */
    public Pinning pinning() {
        return backupWatch.pinning();
    }

    /** Returns the pipeline with the receivers only. It delivers nothing by itself. */
    public Pipeline receiverPipeline() {
        return pipelines.forReceivers().onlyWhenAsked();
    }

    /** Returns the trial of the receivers of a started pipeline. */
    public ReceiverTrial receiverTrial(Pipeline started) {
        return new ReceiverTrial(started.context(), json, redaction, clock);
    }

    /** Returns the names of the receivers in the route files, switched on or off. */
    public Set<String> receiversInFiles() {
        return pipelines.routes().choose().files().receivers();
    }

    /** Reads the current overview. */
    public Overview overview() {
        return overviewReader().look();
    }

    /** Returns a reader of the overview for commands. */
    public OverviewReader overviewReader() {
        return overviews.reader();
    }

    /** Returns the examination of all parts by {@code doctor}. */
    public Examination doctor(DockerEngine engine, Provisioner provisioner) throws IOException {
        return overviews.doctor(
                engine,
                provisioner,
                () -> new Watches(monitor.thresholds(pipelines.routes().choose().files())));
    }

    /** Returns the container registry. It does not contact the engine yet. */
    public Containers containers(DockerEngine engine) {
        return provision.containers(engine);
    }

    /** Returns the discovery of services that need a database. */
    public Discovery discovery() throws IOException {
        return provision.discovery();
    }

    /** Returns the planner and executor of services' roles and databases. */
    public Provisioner provisioner() throws IOException {
        return provision.provisioner();
    }

    /** Returns the daemon's provisioning for a command, which prints instead of logging. */
    public ServiceProvisioning serviceProvisioning(Provisioner provisioner, Containers containers) throws IOException {
        return provision.forCommand(provisioner, containers);
    }

    /** Returns the provisioning of the containers, for the daemon. */
    public DaemonProvisioning daemonProvisioning(Containers containers) throws IOException {
        return provision.forDaemon(containers);
    }

    /** Returns the command lines that send statements to the management database. */
    public Console console() {
        return postgres.console();
    }
}
