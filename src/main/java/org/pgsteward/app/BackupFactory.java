package org.pgsteward.app;

import java.nio.file.Path;
import java.util.Optional;
import java.util.Set;
import org.pgsteward.backup.BackupAlerts;
import org.pgsteward.backup.BackupRun;
import org.pgsteward.backup.CaveatCheck;
import org.pgsteward.backup.ConcurrentBackups;
import org.pgsteward.backup.RequestedBackups;
import org.pgsteward.backup.SharedFiles;
import org.pgsteward.backup.ShrinkCheck;
import org.pgsteward.backup.StartupRecovery;
import org.pgsteward.backup.dump.Dumps;
import org.pgsteward.backup.dump.Unchanged;
import org.pgsteward.backup.restore.Recovery;
import org.pgsteward.backup.restore.Restore;
import org.pgsteward.backup.restore.RestoreLeftovers;
import org.pgsteward.backup.schedule.Targets;
import org.pgsteward.backup.store.AgeKeys;
import org.pgsteward.backup.store.BackupSets;
import org.pgsteward.backup.store.CardKeeper;
import org.pgsteward.backup.store.DiskSpace;
import org.pgsteward.backup.store.ManifestKeys;
import org.pgsteward.backup.store.RecoveryCard;
import org.pgsteward.backup.store.SetKeeper;
import org.pgsteward.backup.store.Store;
import org.pgsteward.backup.store.StoreView;
import org.pgsteward.backup.underway.ProcessDeaths;
import org.pgsteward.backup.underway.RunsUnderWay;
import org.pgsteward.backup.verify.Verification;
import org.pgsteward.camel.StoreEndpoint;
import org.pgsteward.config.BackupConfig;
import org.pgsteward.config.BackupWatchConfig;
import org.pgsteward.config.ProvisionConfig;
import org.pgsteward.postgres.Server;
import org.pgsteward.postgres.UnprivilegedUser;

/** Factory of the classes that make, verify and restore backups. */
final class BackupFactory {
    final BackupConfig config;
    final BackupWatchConfig watch;
    final Store store;
    final Path scratch;
    final Targets targets;
    final BackupSets backupSets;
    final SetKeeper sets;
    final StartupRecovery house;
    final RunsUnderWay runs = new RunsUnderWay();
    final ProcessDeaths deaths;
    final Verification verification;
    final Unchanged unchanged;
    final Dumps dumps;
    final Restore restore;
    final Recovery recovery;
    final RecoveryCard recoveryCard;
    final CardKeeper card;
    final BackupAlerts notices;
    final SharedFiles shared;
    final BackupRun backups;
    final ConcurrentBackups pair;
    final RequestedBackups asked;

    BackupFactory(Foundation base, PostgresFactory postgres, JournalFactory journal) {
        config = BackupConfig.of(base.settings);
        watch = BackupWatchConfig.of(base.settings);
        Set<String> extensions = ProvisionConfig.of(base.settings).extensions();
        Server server = postgres.server;
        Optional<Path> programs = postgres.programs();
        UnprivilegedUser user = base.user;
        Path locks = base.locks();
        AgeKeys keys = config.keys();
        scratch = config.scratch();
        store = new Store(
                config.store(),
                base.json,
                ManifestKeys.of(config.manifestKey(), base.state().resolve("manifest_key")));
        targets = new Targets(server);
        backupSets = new BackupSets(store, locks, base.clock);
        sets = new SetKeeper(backupSets, targets, journal.tables, server);
        RestoreLeftovers leftovers = new RestoreLeftovers(server, scratch, locks, base.clock);
        house = new StartupRecovery(journal.tables, store, locks, sets, leftovers);
        deaths = new ProcessDeaths(base.state().resolve("under-way"), base.clock);
        verification = new Verification(
                store, keys, scratch, locks, programs, user, extensions, runs, journal.rows::verified, base.clock);
        DiskSpace space = new DiskSpace(store.root(), scratch);
        unchanged = new Unchanged(store, journal.files, config.unchangedDays(), base.clock);
        dumps = new Dumps(
                server,
                programs,
                user,
                store,
                keys,
                unchanged,
                verification,
                space,
                runs,
                locks,
                extensions,
                base.clock);
        restore = new Restore(
                server,
                programs,
                user,
                store,
                keys,
                locks,
                scratch,
                leftovers,
                extensions,
                journal.rows::verified,
                base.clock);
        recovery = new Recovery(server, store, backupSets, restore, leftovers, journal.all::take, watch.stuck());
        recoveryCard = new RecoveryCard(store, server.address(), base.clock);
        card = new CardKeeper(recoveryCard, journal.rows, backupSets, base.clock);
        notices = new BackupAlerts(
                journal.tables,
                new ShrinkCheck(journal.rows, watch.shrink(), base.clock),
                new CaveatCheck(journal.rows, base.clock),
                base.reporter,
                base.clock);
        shared = new SharedFiles(store, journal.rows, journal.files, base.reporter, base.clock);
        backups = new BackupRun(
                dumps,
                targets,
                house,
                new StoreEndpoint(base.routeClient),
                verification,
                shared,
                card,
                notices,
                base.reporter,
                base.clock);
        pair = new ConcurrentBackups(backups, card);
        asked = new RequestedBackups(
                targets,
                journal.tables,
                journal.rows,
                shared,
                sets,
                store,
                verification,
                locks,
                pair,
                backups,
                new StoreView(store),
                base.clock);
    }
}
