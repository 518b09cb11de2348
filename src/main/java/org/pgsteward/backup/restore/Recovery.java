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
 *   <li>The server must be empty. From then on a role marks it as pgsteward's, so that the operator can repeat a run
 *       that was killed.
 *   <li>The roles are created with their passwords. The administrator's role stays as it is on the new server.
 *   <li>{@link Restore} restores the newest dump of each database. A database with its final name is complete, so a
 *       repeated run skips it.
 *   <li>The rows of the journal are copied into tables that pgsteward itself created.
 *   <li>The mark is removed only after a run without missing contents.
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

    /** Copies the rows of the journal from the database that held them. */
    @FunctionalInterface
    public interface OldJournal {
        /** @return the number of rows that were copied */
        long take(Connection old) throws SQLException;
    }

    /**
     * The result of a run.
     *
     * @param done the contents that are restored, one line each
     * @param missing the contents that are not restored, one line each with the reason; empty after a complete run
     * @param verified the backups that were restored and compared with their manifests, each with the time that it took
     */
    public record Report(List<String> done, List<String> missing, Map<String, Duration> verified) {}

    /** Asks the operator whether roles of an unsigned file may get powers over the server. */
    @FunctionalInterface
    public interface Consent {
        /** The refusal of all powers, without a question to the operator. */
        Consent NONE = (reason, powers) -> false;

        /**
         * @param reason the reason why the file cannot be trusted
         * @param powers the roles and their powers, one line each
         */
        boolean isGiven(String reason, List<String> powers);
    }

    /** @throws Refusal if the server is neither empty nor marked by a run that was killed */
    public void requireEmptyServer() throws Refusal, SQLException {
        site.refuseOccupied();
    }

    /**
     * Rebuilds the server as far as possible.
     *
     * @param consent the question to the operator if the roles have powers over the server and no key of this host has
     *     signed them
     * @throws Refusal if the server is not empty, the store is empty, or consent is not given
     */
    @SuppressWarnings("try") // the turn is held, not used
    public Report rebuild(RestoreProgress progress, Consent consent)
            throws Refusal, IOException, SQLException, InterruptedException {
        Inventory inventory = Inventory.of(store);
        if (inventory.backups().isEmpty()) {
            throw new Refusal("cannot restore from " + store.root() + ": it contains no backup with a manifest");
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
                tally.missing("roles: the store contains no globals");
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
            // This follows the release of the mark, because another run cannot restore these databases either.
            nameUnmade(inventory, tally);
        }
        return tally.report();
    }

    /** Reports a newer backup that was passed over because it was altered. */
    private static void nameAltered(Inventory inventory, StoredBackup restored, RecoveryTally tally) {
        StoredBackup newest = inventory.newestLike(restored);
        if (!newest.equals(restored)) {
            inventory
                    .alteration(newest)
                    .ifPresent(reason -> tally.missing(
                            newest.path() + " is skipped, and the older " + restored.path() + " is used: " + reason));
        }
    }

    /** Reports the databases that the cluster had at the newest backup set, but for which the store has no dump. */
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
                    tally.missing(one.database() + ": the store contains no dump of it: " + one.reason());
                }
            }
        } catch (IOException e) {
            tally.missing("cannot determine which databases have no dump in the store: " + e.getMessage());
        }
    }
}
