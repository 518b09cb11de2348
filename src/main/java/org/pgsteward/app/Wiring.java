package org.pgsteward.app;

import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Clock;
import java.time.Duration;
import java.time.ZoneId;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.pgsteward.alert.AlertBook;
import org.pgsteward.alert.Courier;
import org.pgsteward.alert.Fallbacks;
import org.pgsteward.alert.Outbox;
import org.pgsteward.alert.Reporter;
import org.pgsteward.alert.Silences;
import org.pgsteward.alert.message.Messages;
import org.pgsteward.backup.BackupNight;
import org.pgsteward.backup.BackupNotices;
import org.pgsteward.backup.BackupPair;
import org.pgsteward.backup.BackupRun;
import org.pgsteward.backup.CaveatCheck;
import org.pgsteward.backup.DeadRuns;
import org.pgsteward.backup.Housekeeping;
import org.pgsteward.backup.InterruptedVerifications;
import org.pgsteward.backup.MissingBackups;
import org.pgsteward.backup.OverdueCheck;
import org.pgsteward.backup.RequestFiles;
import org.pgsteward.backup.RequestedBackups;
import org.pgsteward.backup.Reverification;
import org.pgsteward.backup.ShrinkCheck;
import org.pgsteward.backup.Watchdog;
import org.pgsteward.backup.dump.Dumps;
import org.pgsteward.backup.restore.KeptDatabaseRule;
import org.pgsteward.backup.restore.Recovery;
import org.pgsteward.backup.restore.Restore;
import org.pgsteward.backup.restore.RestoreLeftovers;
import org.pgsteward.backup.retention.Pruner;
import org.pgsteward.backup.retention.RetentionSettings;
import org.pgsteward.backup.retention.ShrinkRule;
import org.pgsteward.backup.schedule.DueTargets;
import org.pgsteward.backup.schedule.OverdueRule;
import org.pgsteward.backup.schedule.Schedules;
import org.pgsteward.backup.schedule.Targets;
import org.pgsteward.backup.store.AgeKeys;
import org.pgsteward.backup.store.BackupSets;
import org.pgsteward.backup.store.CardKeeper;
import org.pgsteward.backup.store.DiskSpace;
import org.pgsteward.backup.store.Holdings;
import org.pgsteward.backup.store.ManifestKeys;
import org.pgsteward.backup.store.RecoveryCard;
import org.pgsteward.backup.store.SetKeeper;
import org.pgsteward.backup.store.Store;
import org.pgsteward.backup.underway.ProcessDeaths;
import org.pgsteward.backup.underway.RunsUnderWay;
import org.pgsteward.backup.underway.StuckRule;
import org.pgsteward.backup.verify.Proof;
import org.pgsteward.camel.BackupHealth;
import org.pgsteward.camel.BackupRoutes;
import org.pgsteward.camel.CamelHealth;
import org.pgsteward.camel.JournalInsert;
import org.pgsteward.camel.JournalRoutes;
import org.pgsteward.camel.Pipeline;
import org.pgsteward.camel.PostgresHealth;
import org.pgsteward.camel.RouteClient;
import org.pgsteward.camel.RouteReporter;
import org.pgsteward.camel.StoreEndpoint;
import org.pgsteward.camel.docker.ContainerEvents;
import org.pgsteward.camel.docker.FeedHealth;
import org.pgsteward.camel.docker.RelistOnConnect;
import org.pgsteward.camel.docker.StewardDockerComponent;
import org.pgsteward.camel.edit.RouteSource;
import org.pgsteward.camel.lint.RouteCheck;
import org.pgsteward.camel.lint.RouteFiles;
import org.pgsteward.camel.receivers.Delivery;
import org.pgsteward.camel.receivers.OutboxDelivery;
import org.pgsteward.camel.receivers.Receivers;
import org.pgsteward.camel.receivers.Redaction;
import org.pgsteward.config.AlertConfig;
import org.pgsteward.config.BackupConfig;
import org.pgsteward.config.BackupWatchConfig;
import org.pgsteward.config.DaemonConfig;
import org.pgsteward.config.EngineConfig;
import org.pgsteward.config.PostgresConfig;
import org.pgsteward.config.ProvisionConfig;
import org.pgsteward.config.ReceiverSettings;
import org.pgsteward.config.Settings;
import org.pgsteward.config.WebConfig;
import org.pgsteward.containers.Containers;
import org.pgsteward.containers.MemorySampler;
import org.pgsteward.containers.StatusRule;
import org.pgsteward.containers.StatusWatch;
import org.pgsteward.doctor.Examination;
import org.pgsteward.engine.DockerEngine;
import org.pgsteward.engine.EventFeed;
import org.pgsteward.engine.FeedTimings;
import org.pgsteward.io.Json;
import org.pgsteward.journal.BackupRows;
import org.pgsteward.journal.JournalRows;
import org.pgsteward.journal.JournalWriter;
import org.pgsteward.journal.Spool;
import org.pgsteward.journal.Tables;
import org.pgsteward.model.Console;
import org.pgsteward.model.Typing;
import org.pgsteward.monitor.CrashProbe;
import org.pgsteward.monitor.DatabaseProbe;
import org.pgsteward.monitor.DiskProbe;
import org.pgsteward.monitor.ImageProbe;
import org.pgsteward.monitor.LogProbe;
import org.pgsteward.monitor.LookReader;
import org.pgsteward.monitor.Monitor;
import org.pgsteward.monitor.OldLevels;
import org.pgsteward.monitor.PostgresProbe;
import org.pgsteward.monitor.Thresholds;
import org.pgsteward.monitor.ThresholdsFile;
import org.pgsteward.monitor.Watches;
import org.pgsteward.monitor.guard.GuardAlerts;
import org.pgsteward.monitor.guard.GuardWatch;
import org.pgsteward.overview.DaemonReport;
import org.pgsteward.overview.DaemonStatus;
import org.pgsteward.overview.Overview;
import org.pgsteward.overview.OverviewReader;
import org.pgsteward.postgres.Server;
import org.pgsteward.postgres.UnprivilegedUser;
import org.pgsteward.postgres.guard.ServerGuard;
import org.pgsteward.provision.Catalogue;
import org.pgsteward.provision.ContainerWatch;
import org.pgsteward.provision.DaemonProvisioning;
import org.pgsteward.provision.Discovery;
import org.pgsteward.provision.IdleServices;
import org.pgsteward.provision.Provisioner;
import org.pgsteward.provision.SecretsFolder;
import org.pgsteward.provision.ServiceProvisioning;
import org.pgsteward.web.HttpServer;
import org.pgsteward.web.Metrics;
import org.pgsteward.web.StatusPage;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.slf4j.helpers.NOPLogger;

/** Every object is built here, once, and named. */
public final class Wiring {
    private static final Logger LOG = LoggerFactory.getLogger(Wiring.class);

    /** What a command needs that only backs up: the rest of the pipeline stays unread. */
    private static final List<String> BACKUP_FILES =
            List.of("backup.camel.yaml", "alerts.camel.yaml", "receivers/*.camel.yaml");

    private static final List<String> TELLING_FILES = List.of("alerts.camel.yaml", "receivers/*.camel.yaml");

    /** How long a start must hold before trouble counts as over. */
    private static final Duration PATIENCE = Duration.ofSeconds(20);

    public final Settings settings;
    public final Clock clock;
    public final ObjectMapper json = Json.mapper();
    public final RouteClient routeClient = new RouteClient();
    public final Reporter reporter = new RouteReporter(routeClient);
    public final Server server;
    public final Store store;
    public final Tables tables;
    public final Targets targets;
    public final BackupSets backupSets;
    public final SetKeeper sets;
    public final Housekeeping house;
    public final RunsUnderWay runs = new RunsUnderWay();
    public final Dumps dumps;
    public final Proof proof;
    public final Restore restore;
    public final BackupRun backups;
    public final BackupPair backupPair;
    public final RequestedBackups asked;
    public final CardKeeper card;
    public final Recovery recovery;
    public final Typing typing;
    public final AlertBook alerts;
    public final Silences silences;
    public final ZoneId zone;
    private final Spool spool;
    private final Path state;
    private final Path locks;
    private final Path scratch;
    private final Redaction redaction;
    public final BackupRows rows;
    private final ShrinkRule shrink;
    private final OverdueRule overdue;
    private final Function<Function<String, Optional<String>>, Schedules> schedules;
    private final Duration forgotten;
    private final Path templates;
    private final DaemonConfig daemon;
    private final PostgresConfig postgres;
    private final ProvisionConfig provision;
    private final Fallbacks fallbacks;
    private final StuckRule stuck;
    private final ProcessDeaths deaths;
    private final BackupNotices backupNotices;

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
        this(given, user, clock, Purpose.WORK);
    }

    /** For a purpose that needs less than everything. */
    public static Wiring to(Purpose purpose, Settings given) throws IOException {
        return new Wiring(given, UnprivilegedUser.ofThisProcess(), Clock.systemUTC(), purpose);
    }

    /** What somebody is about to do. */
    public enum Purpose {
        WORK,
        /** To prove what is in the store: without PostgreSQL's password it is not asked. */
        PROVE,
        /** The same without leaving a trace. */
        LIST,
        /** To say how things are: not even the state folder is made. */
        LOOK,
        /** To look at route files alone: the settings have been looked at. */
        CHECK;

        private boolean leavesTraces() {
            return this == WORK || this == PROVE;
        }

        private boolean needsPassword() {
            return this != PROVE && this != LIST;
        }
    }

    private Wiring(Settings given, UnprivilegedUser user, Clock clock, Purpose purpose) throws IOException {
        this.clock = clock;
        if (purpose != Purpose.CHECK) {
            SettingsCheck.require(given);
        }
        daemon = DaemonConfig.of(given);
        zone = daemon.zone();
        settings = ReceiverSettings.with(given).with(Map.of(DaemonConfig.ZONE.name(), zone.getId()));
        state = daemon.state();
        if (purpose.leavesTraces()) {
            closed(state);
        }
        postgres = purpose.needsPassword() ? PostgresConfig.of(settings) : PostgresConfig.withoutPassword(settings);
        server = new Server(postgres.address());
        Optional<Path> bindir = postgres.programs();
        BackupConfig backup = BackupConfig.of(settings);
        BackupWatchConfig backupWatch = BackupWatchConfig.of(settings);
        provision = ProvisionConfig.of(settings);
        ManifestKeys manifestKeys = ManifestKeys.of(backup.manifestKey(), state.resolve("manifest_key"));
        store = new Store(backup.store(), json, manifestKeys);
        tables = new Tables(server.managementDatabase());
        rows = new BackupRows(server.managementDatabase());
        locks = state.resolve("locks");
        targets = new Targets(server);
        backupSets = new BackupSets(store, locks, clock);
        sets = new SetKeeper(backupSets, targets, tables, server);
        AgeKeys keys = backup.keys();
        scratch = backup.scratch();
        RestoreLeftovers leftovers = new RestoreLeftovers(server, scratch, locks, clock);
        house = new Housekeeping(tables, store, locks, sets, leftovers);
        Set<String> extensions = provision.extensions();
        proof = new Proof(store, keys, scratch, locks, bindir, user, extensions, runs, rows::verified, clock);
        dumps = new Dumps(
                server,
                bindir,
                user,
                store,
                keys,
                proof,
                new DiskSpace(store.root(), scratch),
                runs,
                locks,
                extensions,
                clock);
        restore = new Restore(
                server, bindir, user, store, keys, locks, scratch, leftovers, extensions, rows::verified, clock);
        stuck = backupWatch.stuck();
        deaths = new ProcessDeaths(state.resolve("under-way"), clock);
        recovery = new Recovery(
                server,
                store,
                backupSets,
                restore,
                leftovers,
                new JournalRows(server.managementDatabase())::take,
                stuck);
        Path waiting = state.resolve("spool");
        spool = purpose.leavesTraces() ? new Spool(waiting, json, clock) : Spool.unopened(waiting, json, clock);
        silences = new Silences(state, json, clock);
        typing = new Typing(
                daemon.command(),
                daemon.dockerCommand(),
                "PGPASSWORD=$PGSTEWARD_POSTGRES_PASSWORD psql -h "
                        + Typing.word(server.address().host()) + " -p "
                        + server.address().port());
        alerts = new AlertBook(state, silences, json, clock, zone, typing);
        AlertConfig alert = AlertConfig.of(settings);
        fallbacks = alert.fallbacks();
        templates = alert.templates();
        redaction = new Redaction(settings.secrets());
        card = new CardKeeper(new RecoveryCard(store, server.address(), clock), rows, backupSets);
        shrink = backupWatch.shrink();
        backupNotices = new BackupNotices(
                tables, new ShrinkCheck(rows, shrink, clock), new CaveatCheck(rows, clock), reporter, clock);
        backups = new BackupRun(
                dumps, targets, house, new StoreEndpoint(routeClient), proof, card, backupNotices, reporter, clock);
        backupPair = new BackupPair(backups);
        asked = new RequestedBackups(targets, tables, rows, sets, store, proof, locks, backupPair, backups, clock);
        overdue = new OverdueRule(backupWatch.overdueGrace(), zone);
        schedules = schedule -> new Schedules(backup.schedule(), backup.baseSchedule(), zone, schedule);
        forgotten = backupWatch.forgottenAfter();
    }

    /** Others may pass through to their scratch clusters, and see nothing on the way. */
    private static void closed(Path state) throws IOException {
        if (!Files.isDirectory(state)) {
            Files.createDirectories(state);
            Files.setPosixFilePermissions(state, PosixFilePermissions.fromString("rwx--x--x"));
        }
    }

    /** What a command needs that makes or proves backups; what it has to tell, the daemon delivers. */
    public Pipeline backupPipeline() {
        LateReceivers receivers = new LateReceivers();
        return pipeline(outbox(receivers), service -> Optional.empty())
                .files(routes(), BACKUP_FILES)
                .prepare(context -> receivers.known = new Receivers(context));
    }

    /** The daemon with all of its parts. Nothing is opened before {@link Daemon#start}. */
    public Daemon daemon() throws IOException {
        server.daemon();
        runs.recordIn(deaths);
        Parts parts = parts();
        parts.pipeline.files(routes(), RouteFiles.ALL, files -> parts.watches.use(thresholds(files)));
        oldLevels().forEach((old, value) -> LOG.warn("{}", old.advice(value)));
        StatusPage page = new StatusPage(parts.overview, zone);
        WebConfig web = WebConfig.of(settings);
        InetSocketAddress address = new InetSocketAddress(web.host(), web.port());
        return new Daemon(
                parts.pipeline,
                parts.engine,
                house,
                parts.docker::hears,
                parts.delivery::reviewReceivers,
                parts.report,
                new GuardWatch(
                        parts.guard,
                        new GuardAlerts(
                                parts.guard,
                                crash -> parts.crashes.killed(postgresContainer(), crash),
                                alerts,
                                console(),
                                reporter,
                                clock),
                        clock),
                () -> HttpServer.open(address, new CamelHealth(parts.pipeline), parts.figures, page, json));
    }

    /** Whether route files would run in the daemon. */
    public RouteCheck routeCheck() {
        try {
            return parts().pipeline.check();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private record Parts(
            Pipeline pipeline,
            DockerEngine engine,
            OverviewReader overview,
            StewardDockerComponent docker,
            Metrics figures,
            Delivery delivery,
            DaemonReport report,
            ServerGuard guard,
            CrashProbe crashes,
            Watches watches) {}

    /** All that the daemon's routes find. */
    private Parts parts() throws IOException {
        DockerEngine engine = DockerEngine.at(EngineConfig.of(settings).host());
        Containers containers = containers(engine);
        MemorySampler memory = new MemorySampler(engine, containers, clock);
        Watches watches = new Watches(ThresholdsFile.read(Optional.empty(), Map.of()));
        ServerGuard guard = new ServerGuard(server, diskProbe().postgres());
        CrashProbe crashes = new CrashProbe(engine, guard::clients);
        LateReceivers receivers = new LateReceivers();
        Outbox outbox = outbox(receivers);
        ContainerWatch containerWatch = new ContainerWatch(containers, daemonProvisioning(containers), reporter);
        StewardDockerComponent docker = new StewardDockerComponent(
                engine, clock, FeedTimings.USUAL, new RelistOnConnect(containerWatch::list, containers::isComplete));
        Metrics figures = new Metrics(server, containers, memory, docker::hears, alerts, outbox);
        Function<String, Optional<String>> schedule = service -> containers.label(service, "pgsteward.backup.schedule");
        Holdings holdings = new Holdings(store);
        RetentionSettings keeps = new RetentionSettings(
                rows, containers::has, service -> containers.label(service, "pgsteward.backup.keep"));
        OverdueCheck overdueCheck = new OverdueCheck(
                targets,
                rows,
                house,
                schedules(schedule),
                overdue,
                alerts,
                holdings,
                forgotten(),
                new MissingBackups(store, rows, alerts, clock),
                reporter,
                clock);
        Delivery delivery = new Delivery();
        DaemonReport report = new DaemonReport(
                new DaemonReport.Sources(containers, memory, docker::trouble, delivery::failing), state, json, clock);
        OverviewReader overview = overview(() -> Optional.of(report.now()));
        PostgresProbe probe = PostgresProbe.withCrowd(server, clock, guard::connections, engine);
        LookReader looks = lookReader(engine, crashes, containers, docker, outbox);
        Pipeline pipeline = pipeline(
                        outbox, schedule, new DeadRuns(tables, spool, locks, deaths, alerts, reporter, clock)::look)
                .bean("docker", docker)
                .bean("containerEvents", new ContainerEvents())
                .bean("containers", containerWatch)
                .bean("monitor", monitor(looks, memory, probe, watches))
                .bean("overdue", overdueCheck)
                .bean("overview", overview)
                .metrics(figures.registry())
                .bean(
                        "retention",
                        new Pruner(
                                store, holdings, rows, spool, house, keeps, shrink, sets, card, locks, zone, reporter,
                                clock))
                .bean(
                        "reproof",
                        new Reverification(store, holdings, rows, house, proof, deaths, alerts, reporter, clock))
                .bean(
                        "interruptedVerifications",
                        new InterruptedVerifications(
                                rows, holdings, proof, runs, deaths, state, backups, backupNotices, reporter, clock))
                .bean("requests", new RequestFiles(asked, house, json, clock))
                .health(new FeedHealth(docker))
                .health(new PostgresHealth(new PostgresProbe(server, clock)))
                .health(new BackupHealth(tables, overdueCheck))
                .bean("delivery", delivery)
                .prepare(context -> {
                    receivers.known = new Receivers(context);
                    delivery.begin(new OutboxDelivery(
                            context, outbox, alerts, json, redaction, clock, Courier.Rests.USUAL, fallbacks));
                });
        return new Parts(pipeline, engine, overview, docker, figures, delivery, report, guard, crashes, watches);
    }

    private String postgresContainer() {
        return postgres.containerName();
    }

    private Console console() {
        return new Console(
                postgresContainer(), server.address().user(), server.address().database());
    }

    private KeptDatabaseRule forgotten() {
        return new KeptDatabaseRule(
                forgotten,
                "docker exec " + Typing.word(postgresContainer()) + " psql -U "
                        + Typing.word(server.address().user()) + " -d "
                        + Typing.word(server.address().database()) + " -c");
    }

    private Monitor monitor(LookReader looks, MemorySampler memory, PostgresProbe postgres, Watches watches) {
        return new Monitor(
                new Monitor.Sources(memory::sample, postgres::probe, looks::databases, looks::log, looks::host),
                watches,
                alerts::firing,
                reporter);
    }

    private LookReader lookReader(
            DockerEngine engine,
            CrashProbe crashes,
            Containers containers,
            StewardDockerComponent docker,
            Outbox outbox) {
        return new LookReader(
                new DatabaseProbe(server, clock),
                new LogProbe(engine, clock),
                crashes,
                containers,
                tables,
                docker::feeds,
                diskProbe(),
                new ImageProbe(engine, clock),
                spool,
                outbox,
                alerts,
                clock);
    }

    private DiskProbe diskProbe() {
        Map<String, Path> folders = new LinkedHashMap<>();
        folders.put("backups", store.root());
        folders.put("state", state);
        folders.put("scratch", scratch);
        postgres.data().ifPresent(folder -> folders.put(DiskProbe.POSTGRES_DATA, folder));
        return new DiskProbe(folders);
    }

    /** What looks at containers; nothing is asked of the engine yet. */
    public Containers containers(DockerEngine engine) {
        return new Containers(
                engine,
                postgres.container(),
                server.address().host(),
                new StatusWatch(new StatusRule(PATIENCE, provision.updateGrace()), clock),
                () -> ContainerEvents.readAll(EventFeed.remembered(engine, clock)));
    }

    /** What a command needs that gives databases or takes them away: it writes down and tells as the daemon does. */
    public Pipeline tellingPipeline() {
        LateReceivers receivers = new LateReceivers();
        return pipeline(outbox(receivers), service -> Optional.empty())
                .files(routes(), TELLING_FILES)
                .prepare(context -> receivers.known = new Receivers(context));
    }

    /** How things are, now. */
    public Overview overview() {
        return overviewReader().look();
    }

    /** What a command reads that from. */
    public OverviewReader overviewReader() {
        return overview(() -> DaemonReport.read(state, json));
    }

    private OverviewReader overview(Supplier<Optional<DaemonStatus>> daemon) {
        Schedules schedules = schedules(service -> Optional.empty());
        OverviewReader.Age age = (service, at, now) -> schedules.tooOld(overdue, service, at, now);
        return new OverviewReader(server, state, json, alerts, silences, daemon, age, typing, clock, zone);
    }

    /** Looks at everything once. */
    public Examination doctor(DockerEngine engine, Provisioner provisioner) throws IOException {
        return new Examination(
                server,
                engine,
                containers(engine),
                provisioner,
                discovery(),
                tables,
                diskProbe(),
                spool,
                this::watches,
                alerts,
                typing,
                clock);
    }

    /** Gives the containers their databases, as the daemon does. */
    public DaemonProvisioning daemonProvisioning(Containers containers) throws IOException {
        Discovery discovery = discovery();
        return new DaemonProvisioning(
                serviceProvisioning(
                        provisioner(discovery),
                        discovery,
                        containers,
                        LoggerFactory.getLogger(ServiceProvisioning.class)),
                discovery,
                containers,
                house::order,
                provision.webNetwork(),
                clock);
    }

    /** As the daemon provisions, for a command, which prints instead of logging. */
    public ServiceProvisioning serviceProvisioning(Provisioner provisioner, Containers containers) throws IOException {
        return serviceProvisioning(provisioner, discovery(), containers, NOPLogger.NOP_LOGGER);
    }

    private ServiceProvisioning serviceProvisioning(
            Provisioner provisioner, Discovery discovery, Containers containers, Logger log) {
        return new ServiceProvisioning(
                provisioner,
                containers,
                tables,
                server.address(),
                new IdleServices(discovery, containers, tables, provision.idleAfter(), clock),
                alerts::firing,
                log,
                clock);
    }

    public Provisioner provisioner() throws IOException {
        return provisioner(discovery());
    }

    private Provisioner provisioner(Discovery discovery) {
        return new Provisioner(discovery, server, provision.extensions(), clock);
    }

    public Discovery discovery() throws IOException {
        Path secrets = provision.secrets();
        Set<Path> ours = new HashSet<>(settings.files());
        ours.add(secrets.resolve("postgres_password"));
        SecretsFolder folder = new SecretsFolder(secrets, provision.secretsPlace(), ours, settings.secrets());
        Optional<Path> own = provision.catalogue();
        return new Discovery(own.isPresent() ? Catalogue.with(json, own.get()) : Catalogue.shipped(json), folder);
    }

    /** The levels in force, for a command. */
    private Watches watches() {
        return new Watches(thresholds(routes().choose().files()));
    }

    private Thresholds thresholds(RouteFiles files) {
        return ThresholdsFile.read(files.thresholds(), oldLevels());
    }

    private Map<OldLevels.Old, String> oldLevels() {
        return OldLevels.among(settings.given().keySet(), settings::get);
    }

    private RouteSource routes() {
        return new RouteSource(daemon.routes(), state, settings.forRoutes(), this::routeCheck);
    }

    private Pipeline pipeline(Outbox outbox, Function<String, Optional<String>> schedule) {
        return pipeline(outbox, schedule, () -> {});
    }

    private Pipeline pipeline(Outbox outbox, Function<String, Optional<String>> schedule, Runnable everyMinute) {
        DueTargets due = new DueTargets(targets, tables, house, schedules(schedule), deaths, clock);
        BackupNight night = new BackupNight(due, backupPair, sets, proof, runs);
        return new Pipeline(settings.forRoutes(), routeClient, redaction, clock)
                .routes(new JournalRoutes(new JournalWriter(spool, tables, new JournalInsert(routeClient)), sets, card))
                .routes(new BackupRoutes())
                .bean("management", server.managementDatabase())
                .bean("backups", night)
                .watchdog(new Watchdog(
                        runs,
                        stuck,
                        () -> new StuckRule.Others(proof.makesWay(), night.othersAreDue()),
                        tables,
                        alerts,
                        reporter,
                        Wiring::endProcess,
                        everyMinute,
                        clock))
                .bean("alerts", alerts)
                .bean("outbox", outbox)
                .bean("messages", new Messages(templates, json, zone, clock));
    }

    /** @param schedule the label's value, by service */
    private Schedules schedules(Function<String, Optional<String>> schedule) {
        return schedules.apply(schedule);
    }

    /** Without any hook: what hangs would hold that up too. */
    private static void endProcess() {
        Runtime.getRuntime().halt(1);
    }

    private Outbox outbox(LateReceivers receivers) {
        return new Outbox(state, json, clock, receivers, fallbacks);
    }

    /** The outbox is built before the routes that say who is to be told. */
    private static final class LateReceivers implements Supplier<List<String>> {
        private volatile @Nullable Receivers known;

        @Override
        public List<String> get() {
            Receivers now = known;
            return now == null ? List.of() : now.names();
        }
    }
}
