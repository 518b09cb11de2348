package org.pgsteward.app;

import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.time.Clock;
import java.time.ZoneId;
import org.pgsteward.alert.AlertBook;
import org.pgsteward.alert.Reporter;
import org.pgsteward.alert.Silences;
import org.pgsteward.backup.BackupPair;
import org.pgsteward.backup.BackupRun;
import org.pgsteward.backup.Housekeeping;
import org.pgsteward.backup.RequestedBackups;
import org.pgsteward.backup.dump.Dumps;
import org.pgsteward.backup.restore.Recovery;
import org.pgsteward.backup.restore.Restore;
import org.pgsteward.backup.schedule.Targets;
import org.pgsteward.backup.store.BackupSets;
import org.pgsteward.backup.store.CardKeeper;
import org.pgsteward.backup.store.SetKeeper;
import org.pgsteward.backup.store.Store;
import org.pgsteward.backup.underway.RunsUnderWay;
import org.pgsteward.backup.verify.Proof;
import org.pgsteward.camel.Pipeline;
import org.pgsteward.camel.RouteClient;
import org.pgsteward.camel.lint.RouteCheck;
import org.pgsteward.config.Settings;
import org.pgsteward.containers.Containers;
import org.pgsteward.doctor.Examination;
import org.pgsteward.engine.DockerEngine;
import org.pgsteward.journal.BackupRows;
import org.pgsteward.journal.Tables;
import org.pgsteward.model.Typing;
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
 * Joins the factories of all capabilities, and hands on what commands work with. Every object is built once, and named where
 * it is built.
 */
public final class Wiring {
    final PostgresFactory postgres;
    final JournalFactory journal;
    final AlertFactory alert;
    final BackupFactory backup;
    final NightFactory nights;
    final BackupWatchFactory backupWatch;
    final ProvisionFactory provision;
    final MonitorFactory monitor;
    final OverviewFactory overviews;
    final PipelineFactory pipelines;
    private final DaemonFactory daemons;

    public final Settings settings;
    public final Clock clock;
    public final ZoneId zone;
    public final ObjectMapper json;
    public final RouteClient routeClient;
    public final Reporter reporter;
    public final Server server;
    public final Typing typing;
    public final Tables tables;
    public final BackupRows rows;
    public final AlertBook alerts;
    public final Silences silences;
    public final Store store;
    public final Targets targets;
    public final BackupSets backupSets;
    public final SetKeeper sets;
    public final Housekeeping house;
    public final RunsUnderWay runs;
    public final Dumps dumps;
    public final Proof proof;
    public final Restore restore;
    public final Recovery recovery;
    public final CardKeeper card;
    public final BackupRun backups;
    public final BackupPair backupPair;
    public final RequestedBackups asked;

    /**
     * Opens nothing but folders; neither PostgreSQL nor the engine has to be there.
     *
     * @throws IllegalArgumentException when a setting is missing or wrong, with its name and value
     * @throws IOException when the state folder cannot be made
     */
    public Wiring(Settings given) throws IOException {
        this(given, UnprivilegedUser.ofThisProcess());
    }

    /** The same with PostgreSQL's programs run as {@code user}. */
    public Wiring(Settings given, UnprivilegedUser user) throws IOException {
        this(given, user, Clock.systemUTC());
    }

    /** The same by another clock. */
    public Wiring(Settings given, UnprivilegedUser user, Clock clock) throws IOException {
        this(new Foundation(given, Purpose.WORK, user, clock));
    }

    /** For a purpose that needs less than everything. */
    public static Wiring to(Purpose purpose, Settings given) throws IOException {
        return new Wiring(new Foundation(given, purpose, UnprivilegedUser.ofThisProcess(), Clock.systemUTC()));
    }

    private Wiring(Foundation base) throws IOException {
        postgres = new PostgresFactory(base);
        journal = new JournalFactory(base, postgres);
        alert = new AlertFactory(base, postgres.typing);
        backup = new BackupFactory(base, postgres, journal);
        nights = new NightFactory(base, journal, alert, backup);
        backupWatch = new BackupWatchFactory(base, postgres, journal, alert, backup, nights);
        provision = new ProvisionFactory(base, postgres, journal, alert, backup);
        monitor = new MonitorFactory(base, postgres, journal, alert, backup);
        overviews = new OverviewFactory(base, postgres, journal, alert, backupWatch, provision, monitor);
        daemons = new DaemonFactory(this, base);
        pipelines = new PipelineFactory(base, postgres, journal, alert, backup, nights, daemons::routeCheck);

        settings = base.settings;
        clock = base.clock;
        zone = base.zone();
        json = base.json;
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
        dumps = backup.dumps;
        proof = backup.proof;
        restore = backup.restore;
        recovery = backup.recovery;
        card = backup.card;
        backups = backup.backups;
        backupPair = backup.pair;
        asked = backup.asked;
    }

    /** The daemon with all of its parts. Nothing is opened before {@link Daemon#start}. */
    public Daemon daemon() throws IOException {
        return daemons.daemon();
    }

    /** Whether route files would run in the daemon. */
    public RouteCheck routeCheck() {
        return daemons.routeCheck();
    }

    /** What a command needs that makes or proves backups; what it has to tell, the daemon delivers. */
    public Pipeline backupPipeline() {
        return pipelines.forBackups();
    }

    /** What a command needs that gives databases or takes them away: it writes down and tells as the daemon does. */
    public Pipeline tellingPipeline() {
        return pipelines.forNotifications();
    }

    /** How things are, now. */
    public Overview overview() {
        return overviewReader().look();
    }

    /** What a command reads that from. */
    public OverviewReader overviewReader() {
        return overviews.reader();
    }

    /** Looks at everything once. */
    public Examination doctor(DockerEngine engine, Provisioner provisioner) throws IOException {
        return overviews.doctor(
                engine,
                provisioner,
                () -> new Watches(monitor.thresholds(pipelines.routes().choose().files())));
    }

    /** What looks at containers; nothing is asked of the engine yet. */
    public Containers containers(DockerEngine engine) {
        return provision.containers(engine);
    }

    /** What finds the services that want a database. */
    public Discovery discovery() throws IOException {
        return provision.discovery();
    }

    /** What gives services their databases. */
    public Provisioner provisioner() throws IOException {
        return provision.provisioner();
    }

    /** As the daemon provisions, for a command, which prints instead of logging. */
    public ServiceProvisioning serviceProvisioning(Provisioner provisioner, Containers containers) throws IOException {
        return provision.forCommand(provisioner, containers);
    }

    /** Gives the containers their databases, as the daemon does. */
    public DaemonProvisioning daemonProvisioning(Containers containers) throws IOException {
        return provision.forDaemon(containers);
    }
}
