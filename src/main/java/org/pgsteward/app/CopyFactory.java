package org.pgsteward.app;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.pgsteward.backup.copy.Copies;
import org.pgsteward.backup.copy.CopiesInUse;
import org.pgsteward.backup.copy.CopyAlerts;
import org.pgsteward.backup.copy.CopyDocuments;
import org.pgsteward.backup.copy.CopyDrill;
import org.pgsteward.backup.copy.CopyFetch;
import org.pgsteward.backup.copy.CopyPass;
import org.pgsteward.backup.copy.CopyTarget;
import org.pgsteward.backup.copy.CopyTargets;
import org.pgsteward.backup.copy.CopyWatch;
import org.pgsteward.backup.copy.FetchFolder;
import org.pgsteward.backup.store.AgeKeys;
import org.pgsteward.backup.store.ManifestKeys;
import org.pgsteward.backup.store.Store;
import org.pgsteward.backup.underway.RunLock;
import org.pgsteward.camel.copies.CopyRoutes;
import org.pgsteward.camel.lint.RouteFiles;
import org.pgsteward.config.CopyConfig;
import org.pgsteward.containers.Containers;
import org.pgsteward.journal.CopyRows;
import org.pgsteward.journal.CopyStatusReader;

/** Factory of the copies of backups at second places, and of the classes that fetch them. */
public final class CopyFactory {
    final CopyTargets targets;
    private final Foundation base;
    private final JournalFactory journal;
    private final BackupFactory backup;
    private final BackupWatchFactory backupWatch;
    private final CopiesInUse inUse = new CopiesInUse();
    private final CopyAlerts alerts;

    /** The state of the targets for the page, the metrics and commands. */
    final CopyStatusReader statuses;

    CopyFactory(
            Foundation base,
            JournalFactory journal,
            AlertFactory alert,
            BackupFactory backup,
            BackupWatchFactory backupWatch) {
        this.base = base;
        this.journal = journal;
        this.backup = backup;
        this.backupWatch = backupWatch;
        alerts = new CopyAlerts(alert.alerts, base.reporter, base.clock);
        targets = new CopyRoutes(base.routeClient, name -> CopyConfig.target(base.settings, name), base.redaction);
        statuses = new CopyStatusReader(journal.copyStatus, this::names, base.clock);
    }

    /** Returns the names of the targets that are switched on. A command without routes knows those with settings. */
    private Set<String> names() {
        Set<String> running = targets.all().stream().map(CopyTarget::name).collect(Collectors.toSet());
        return running.isEmpty() ? CopyConfig.targets(base.settings) : running;
    }

    /** Returns a sentence about each target whose copies leave this host without encryption. */
    SortedMap<String, String> exposed() {
        return CopyConfig.exposed(base.settings, backup.config.keys().encrypts());
    }

    CopyPass pass() {
        return new CopyPass(
                backup.store,
                backup.config.keys(),
                journal.copies,
                backup.watch.shrink(),
                new CopyDocuments(
                        backup.store,
                        backup.recoveryCard,
                        journal.rows,
                        base.state().resolve("copies"),
                        base.clock),
                inUse,
                this::fetchFolder,
                this::catalogue,
                base.reporter,
                base.zone(),
                base.clock);
    }

    CopyDrill drill() {
        return new CopyDrill(
                backup.store,
                this::fetchFolder,
                this::catalogue,
                backup.scratch,
                backup.verification,
                journal.copies,
                inUse,
                alerts,
                base.reporter,
                base.clock);
    }

    /** @param lastFailure the failure of the last pass over a target */
    CopyWatch watch(Function<String, Optional<String>> lastFailure) {
        return new CopyWatch(
                targets, journal.copies, journal.copyStatus, alerts, lastFailure, backup.house, base.clock);
    }

    Copies copies(Containers containers) {
        return new Copies(
                targets,
                pass(),
                drill(),
                alerts,
                backupWatch.keeps(containers),
                backup.house,
                journal.copies,
                base.clock);
    }

    /** Returns the names of the targets in the route files, switched on or off. */
    public Set<String> targetsInFiles() throws IOException {
        return RouteFiles.read(base.daemon.routes()).copyTargets();
    }

    /** Returns the queries of copies in the journal. */
    public CopyRows rows() {
        return journal.copies;
    }

    /** Makes a private folder for files from a target. */
    public FetchFolder fetchFolder() throws IOException {
        return FetchFolder.make(backup.scratch, base.locks(), base.user);
    }

    /** Returns a store in a folder, which gets the manifests of a target. */
    public Store catalogue(Path folder) {
        return new Store(
                folder,
                base.json,
                ManifestKeys.of(backup.config.manifestKey(), base.state().resolve("manifest_key")));
    }

    /** Returns the fetching from a target of a started pipeline. */
    public CopyFetch fetch(String target, Store catalogue) {
        return new CopyFetch(target, targets.place(target), catalogue);
    }

    /** Returns the lock of a service's folder in the store; empty while a backup of the service is under way. */
    public Optional<RunLock> lock(String service) throws IOException {
        return RunLock.take(base.locks(), service);
    }

    /** Returns the keys that encrypt backups in the store. */
    public AgeKeys keys() {
        return backup.config.keys();
    }
}
