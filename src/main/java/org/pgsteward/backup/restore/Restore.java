package org.pgsteward.backup.restore;

import java.io.IOException;
import java.nio.file.Path;
import java.sql.SQLException;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.pgsteward.backup.store.AgeKeys;
import org.pgsteward.backup.store.Inventory;
import org.pgsteward.backup.store.JournalledFiles;
import org.pgsteward.backup.store.Manifest;
import org.pgsteward.backup.store.ManifestTrust;
import org.pgsteward.backup.store.Store;
import org.pgsteward.backup.store.StoredBackup;
import org.pgsteward.backup.store.StoredFile;
import org.pgsteward.backup.underway.RunLock;
import org.pgsteward.model.Refusal;
import org.pgsteward.postgres.KeptDatabases;
import org.pgsteward.postgres.Programs;
import org.pgsteward.postgres.Quote;
import org.pgsteward.postgres.Server;
import org.pgsteward.postgres.UnprivilegedUser;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Restores a stored dump into the managed server.
 *
 * <ol>
 *   <li>{@link RestoreChecks} check all conditions that can be known before any change, the file's hash included.
 *   <li>A {@link StagingDatabase} under a name of its own receives the dump, and a {@link RestoreRole} logs in to fill it. No
 *       part of a dump runs as the administrator, who only creates the database and the {@link DumpExtensions}, as in a
 *       verification. Entries that {@link RestorePlan} leaves out are not restored.
 *   <li>The rows of every table are counted and compared with the manifest, and the owner gets all objects.
 *   <li>Only then the database gets its name, in one transaction, or replaces the live one by {@link Swap}.
 * </ol>
 *
 * <p>A backup that was never verified may be restored too, since this restore makes the same comparison. A row that
 * differs fails it.
 *
 * <p>A failure before the last step leaves the live database unchanged. {@link RestoreLeftovers} removes the remains of
 * a killed run.
 */
public final class Restore {
    private static final Logger LOG = LoggerFactory.getLogger(Restore.class);

    private final Server server;
    private final Optional<Path> bindir;
    private final UnprivilegedUser user;
    private final Store store;
    private final AgeKeys keys;
    private final Path locks;
    private final Path scratch;
    private final RestoreLeftovers leftovers;
    private final RestoreChecks checks;
    private final RestoreTrust orders;
    private final Clock clock;

    /**
     * @param locks the folder of the locks that keep runs from one another
     * @param scratch the parent of the folder of a restore under way
     * @param journal the record of verified files, which vouches for a file whose manifest has no valid signature
     */
    public Restore(
            Server server,
            Optional<Path> bindir,
            UnprivilegedUser user,
            Store store,
            AgeKeys keys,
            Path locks,
            Path scratch,
            RestoreLeftovers leftovers,
            Set<String> allowedExtensions,
            JournalledFiles journal,
            Clock clock) {
        this.server = server;
        this.bindir = bindir;
        this.user = user;
        this.store = store;
        this.keys = keys;
        this.locks = locks;
        this.scratch = scratch;
        this.leftovers = leftovers;
        this.checks = new RestoreChecks(server, keys, allowedExtensions);
        this.orders = new RestoreTrust(store, new ManifestTrust(journal));
        this.clock = clock;
    }

    /**
     * The request for a restore.
     *
     * @param owner the role that will own the database
     * @param database the name of the restored database
     * @param isOfTheJournal whether only the rows of the journal are taken, so that no role gets the restored objects
     */
    public record Order(StoredBackup backup, String owner, String database, boolean isOfTheJournal) {
        public Order(StoredBackup backup, String owner, String database) {
            this(backup, owner, database, false);
        }

        Order of(StoredBackup whole) {
            return new Order(whole, owner, database, isOfTheJournal);
        }

        private Order of(String newOwner) {
            return new Order(backup, newOwner, database, isOfTheJournal);
        }
    }

    /**
     * The result of a restore.
     *
     * @param kept the name under which the replaced database is kept; empty if none was replaced
     * @param swapTime the time for which connections were blocked
     * @param notes the differences from the dumped database, one line each
     */
    public record Done(
            Order order,
            Optional<String> kept,
            int tables,
            long rows,
            Duration took,
            Duration swapTime,
            List<String> notes) {}

    /** Restores into a new database, with the settings and grants of the dumped one. */
    @SuppressWarnings("try") // the resources are held, not used
    public Done into(Order order, RestoreProgress progress)
            throws Refusal, IOException, SQLException, InterruptedException {
        try (RestoreTurn alone = RestoreTurn.orRefuse(server)) {
            checks.checkName(order.database());
            if (exists(order.database())) {
                throw new Refusal("cannot create database " + order.database() + ": it exists; choose another name for"
                        + " --into, or use --replace to replace the live database");
            }
            return fill(orders.vouched(order), Optional.empty(), progress, beside -> {
                beside.inheritClosed();
                beside.give();
                progress.step("gave all objects to " + order.owner());
                String service = order.backup().manifest().source().service();
                beside.database()
                        .rename(
                                order.database(),
                                connection -> KeptDatabases.note(
                                        connection, order.database(), service, false, clock.instant()));
                beside.role().close();
                return Swap.Swapped.NONE;
            });
        }
    }

    /**
     * Restores beside the live database and then replaces it. The new database gets the owner, the settings and the
     * grants of the live one.
     *
     * @param given the request; its owner counts only if a superuser owns the live database
     */
    @SuppressWarnings("try") // the resources are held, not used
    public Done replace(Order given, RestoreProgress progress)
            throws Refusal, IOException, SQLException, InterruptedException {
        String live = given.database();
        LiveDatabase replaced = new LiveDatabase(server, live);
        Order order = given.of(replaced.owner().orElse(given.owner()));
        try (RestoreTurn alone = RestoreTurn.orRefuse(server);
                RunLock dumps = withoutBackups(replaced.service()
                        .orElse(order.backup().manifest().source().service()))) {
            checks.checkReplaceable(live);
            List<String> keptBefore = Swap.keptOf(server, live);
            return fill(orders.vouched(order), Optional.of(StagingDatabase.like(server, live)), progress, beside -> {
                beside.give();
                beside.role().close();
                progress.step("gave all objects to " + order.owner());
                String before = order.backup().manifest().source().owner();
                if (!before.equals(order.owner())) {
                    beside.notes()
                            .add("its owner is " + order.owner() + ", and was " + before
                                    + " when it was backed up; the objects of " + before + " now belong to "
                                    + order.owner());
                }
                keptBefore.forEach(kept -> beside.notes()
                        .add("an earlier restore kept " + kept + ", which still exists; drop it with: DROP DATABASE "
                                + Quote.identifier(kept)));
                return new Swap(server).swap(live, beside.database().name(), clock.instant(), progress);
            });
        }
    }

    private RunLock withoutBackups(String service) throws IOException, Refusal {
        return RunLock.take(locks, service)
                .orElseThrow(() -> new Refusal("cannot replace the database of " + service
                        + ": its backup is running; try again when the backup has ended"));
    }

    /**
     * Chooses the backup of a service for a restore that names no backup.
     *
     * @param notAfter the latest time of the backup; empty for the newest backup
     */
    public RestoreChoice choose(Inventory inventory, String name, Optional<Instant> notAfter) {
        return RestoreChoice.of(inventory, name, notAfter, backup -> orders.doubt(inventory, backup));
    }

    /** The last step of a restore: it disposes of the verified database before the restore role is dropped. */
    @FunctionalInterface
    interface Ending {
        Swap.Swapped end(RestoreSession beside) throws Refusal, IOException, SQLException, InterruptedException;
    }

    /**
     * Restores into a staging database. The caller must hold the turn.
     *
     * @param like the clauses of {@code CREATE DATABASE} for a database like the live one; empty for one like the
     *     dumped one
     */
    Done beside(Order listed, Optional<String> like, RestoreProgress progress, Ending ending)
            throws Refusal, IOException, SQLException, InterruptedException {
        return fill(orders.whole(listed), like, progress, ending);
    }

    private Done fill(Order order, Optional<String> like, RestoreProgress progress, Ending ending)
            throws Refusal, IOException, SQLException, InterruptedException {
        long began = System.nanoTime();
        Manifest manifest = order.backup().manifest();
        StoredFile file = file(order.backup());
        checks.check(order);
        checks.checkFile(file);
        progress.step("checked the hash of the file");
        leftovers.clearInTurn();
        Programs programs = Programs.find(bindir, server.majorVersion());
        RestoreRole role = RestoreRole.invite(
                server,
                programs,
                user,
                new OwnerPowers(server).isPowerful(order.owner()) ? Optional.empty() : Optional.of(order.owner()));
        progress.step("created a temporary role");
        boolean restored = false;
        try (RestoreFolder folder = RestoreFolder.make(scratch, locks, user, role.name())) {
            RestoreSession beside = new RestoreSession(server, order, file, role, folder.path());
            long rows = beside.fill(like, progress);
            Swap.Swapped swapped = ending.end(beside);
            restored = true;
            progress.step("done");
            return new Done(
                    order,
                    Optional.of(swapped.kept()).filter(kept -> !kept.isEmpty()),
                    manifest.contents().rows().size(),
                    rows,
                    Duration.ofNanos(System.nanoTime() - began),
                    swapped.took(),
                    List.copyOf(beside.notes()));
        } finally {
            if (!restored) {
                discard(role);
            }
        }
    }

    private void discard(RestoreRole role) {
        try {
            new StagingDatabase(server, role).drop();
            role.close();
        } catch (SQLException e) {
            LOG.warn(
                    "cannot remove database and role {}: {}; the next restore removes them",
                    role.name(),
                    e.getMessage());
        }
    }

    StoredFile file(StoredBackup backup) {
        return store.file(backup, keys);
    }

    void checkFile(StoredFile file) throws Refusal {
        checks.checkFile(file);
    }

    boolean exists(String database) throws SQLException {
        return checks.exists(database);
    }
}
