package org.pgsteward.backup.restore;

import java.io.IOException;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import org.pgsteward.backup.store.BackupSet;
import org.pgsteward.backup.store.BackupSets;
import org.pgsteward.backup.store.Inventory;
import org.pgsteward.backup.store.Store;
import org.pgsteward.backup.store.StoredBackup;
import org.pgsteward.backup.underway.StuckRule;
import org.pgsteward.model.BackupKind;
import org.pgsteward.model.Refusal;
import org.pgsteward.postgres.Server;

/**
 * Rebuilds an empty server from a store alone.
 *
 * <ol>
 *   <li>The server has to be empty. A role marks it as ours from then on, so that a run that is killed can be begun again.
 *   <li>The roles, with their passwords; the administrator stays as the new server has him.
 *   <li>The newest dump of each database, by {@link Restore}: under its name it is whole, so one that is there is done.
 *   <li>The journal's rows, into tables of our own making.
 *   <li>The mark goes only when nothing is missing.
 * </ol>
 */
public final class Recovery {
    private final Server server;
    private final Store store;
    private final BackupSets sets;
    private final Restore restore;
    private final RestoreLeftovers leftovers;
    private final RecoverySite site;
    private final RecoveredRoles roles;
    private final RecoveredDatabases databases;

    public Recovery(
            Server server,
            Store store,
            BackupSets sets,
            Restore restore,
            RestoreLeftovers leftovers,
            OldJournal journal,
            StuckRule stuck) {
        this.server = server;
        this.store = store;
        this.sets = sets;
        this.restore = restore;
        this.leftovers = leftovers;
        this.site = new RecoverySite(server, restore);
        this.roles = new RecoveredRoles(server, store, restore);
        this.databases = new RecoveredDatabases(server, store, site, restore, journal, stuck);
    }

    /** Takes the journal's rows over from the database that held them. */
    @FunctionalInterface
    public interface OldJournal {
        /** @return how many were taken */
        long take(Connection old) throws SQLException;
    }

    /**
     * How far it came.
     *
     * @param done what is there now, one line each
     * @param missing what is not, with the reason; none when all is there
     * @param verified the backups that were restored and compared with their manifests, each with the time that it took
     */
    public record Report(List<String> done, List<String> missing, Map<String, Duration> verified) {}

    /** Asks the operator whether roles of an unsigned file may get powers over the server. */
    @FunctionalInterface
    public interface Consent {
        /** Nobody is asked, and nothing is allowed. */
        Consent NONE = (reason, powers) -> false;

        /**
         * @param reason why the file cannot be trusted by itself
         * @param powers the roles and what each gets, one line each
         */
        boolean isGiven(String reason, List<String> powers);
    }

    /**
     * Does it, or as much of it as can be done.
     *
     * @param consent asked where no key of this host has signed the roles, and they have powers over the server
     * @throws Refusal when the server is not empty, the store holds nothing, or consent is not given
     */
    @SuppressWarnings("try") // held, not used
    public Report rebuild(RestoreProgress progress, Consent consent)
            throws Refusal, IOException, SQLException, InterruptedException {
        Inventory inventory = Inventory.of(store);
        if (inventory.backups().isEmpty()) {
            throw new Refusal("there is nothing to restore in " + store.root() + ": no file with a manifest");
        }
        RecoveryTally tally = new RecoveryTally();
        try (RestoreTurn alone = RestoreTurn.orRefuse(server)) {
            site.refuseOccupied();
            Optional<RecoveredRoles.Roles> globals = roles.newest(inventory, consent);
            site.claim();
            leftovers.clearInTurn();
            inventory.unreadable().forEach((path, reason) -> tally.missing(path + ": cannot be read: " + reason));
            if (globals.isPresent()) {
                roles.make(globals.get(), tally);
            } else {
                tally.missing("roles: there are no globals in the store");
            }
            for (StoredBackup backup :
                    inventory.newestOfEach(one -> inventory.alteration(one).isEmpty())) {
                nameAltered(inventory, backup, tally);
                if (backup.kind() == BackupKind.DUMP) {
                    databases.restore(backup, progress, tally);
                }
            }
            if (tally.countOfMissing() == 0) {
                site.release();
            }
            // Last: no other run of this brings them back.
            nameUnmade(inventory, tally);
        }
        return tally.report();
    }

    /** A newer one that was passed over. */
    private static void nameAltered(Inventory inventory, StoredBackup restored, RecoveryTally tally) {
        StoredBackup newest = inventory.newestLike(restored);
        if (!newest.equals(restored)) {
            inventory
                    .alteration(newest)
                    .ifPresent(reason -> tally.missing(
                            newest.path() + " is not restored but " + restored.path() + ", which is older: " + reason));
        }
    }

    /** The databases that were in the cluster at the newest backup set, and of which the store has no dump. */
    private void nameUnmade(Inventory inventory, RecoveryTally tally) throws SQLException {
        Set<String> dumped = inventory.backups().stream()
                .filter(backup -> backup.kind() == BackupKind.DUMP)
                .map(backup -> backup.manifest().source().database())
                .collect(Collectors.toSet());
        try {
            for (BackupSet.Missing one : sets.all().stream()
                    .limit(1)
                    .flatMap(set -> set.missing().stream())
                    .toList()) {
                if (one.kind().equals(BackupKind.DUMP.word())
                        && !dumped.contains(one.database())
                        && !restore.exists(one.database())) {
                    tally.missing(one.database() + ": there is no dump of it in the store: " + one.reason());
                }
            }
        } catch (IOException e) {
            tally.missing("databases of which the store has no dump: " + e.getMessage());
        }
    }
}
