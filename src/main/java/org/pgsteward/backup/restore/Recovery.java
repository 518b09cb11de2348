package org.pgsteward.backup.restore;

import java.io.IOException;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.pgsteward.backup.store.BackupSet;
import org.pgsteward.backup.store.BackupSets;
import org.pgsteward.backup.store.Inventory;
import org.pgsteward.backup.store.Manifest;
import org.pgsteward.backup.store.ManifestSignature;
import org.pgsteward.backup.store.Store;
import org.pgsteward.backup.store.StoredBackup;
import org.pgsteward.backup.store.StoredFile;
import org.pgsteward.backup.underway.StuckRule;
import org.pgsteward.model.BackupKind;
import org.pgsteward.model.Elapsed;
import org.pgsteward.model.Refusal;
import org.pgsteward.postgres.Progress;
import org.pgsteward.postgres.Quote;
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
    private static final String MARK = "pgsteward_recovery";

    private static final RecoveryNotes NOTES = new RecoveryNotes(MARK);

    private static final String STRANGERS = """
            SELECT 'role ' || rolname FROM pg_catalog.pg_roles
             WHERE rolname !~ '^pg_' AND oid <> 10 AND rolname <> current_user
            UNION ALL
            SELECT 'database ' || datname FROM pg_catalog.pg_database
             WHERE NOT datistemplate AND datname NOT IN ('postgres', current_database())
             ORDER BY 1
             LIMIT 5
            """;

    /** The journal's own tables do not count: a daemon that has started already made them. */
    private static final String RELATIONS = """
            SELECT c.oid::pg_catalog.regclass::text
              FROM pg_catalog.pg_class AS c
             WHERE c.oid >= 16384 AND c.relkind IN ('r', 'p', 'v', 'm', 'f')
               AND c.relnamespace::pg_catalog.regnamespace::text !~ '^pg_'
               AND c.relname NOT IN ('service_configs', 'backup_log', 'user_activity', 'service_status',
                                     'kept_databases', 'flyway_schema_history')
             ORDER BY 1
             LIMIT 5
            """;

    /** As the manifest of globals counts them, less what a restore itself makes. */
    private static final String COUNT_ROLES =
            "SELECT count(*) FROM pg_catalog.pg_roles WHERE rolname !~ '^pg_' AND rolname !~ '^pgsteward_'";

    private static final Set<String> JOURNAL = Set.of(
            "public.service_configs",
            "public.backup_log",
            "public.user_activity",
            "public.kept_databases",
            "public.flyway_schema_history");

    private final Server server;
    private final Store store;
    private final Restore restore;
    private final RestoreLeftovers leftovers;
    private final OldJournal journal;
    private final BackupSets sets;
    private final StuckRule stuck;

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
        this.journal = journal;
        this.stuck = stuck;
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
        List<String> done = new ArrayList<>();
        List<String> missing = new ArrayList<>();
        Map<String, Duration> verified = new HashMap<>();
        try (RestoreTurn alone = RestoreTurn.orRefuse(server)) {
            refuseOccupied();
            Optional<Roles> roles = roles(inventory, consent);
            claim();
            leftovers.clearInTurn();
            inventory.unreadable().forEach((path, reason) -> missing.add(path + ": cannot be read: " + reason));
            if (roles.isPresent()) {
                make(roles.get(), done, missing, verified);
            } else {
                missing.add("roles: there are no globals in the store");
            }
            for (StoredBackup backup : inventory.newestOfEach(one -> isAsWritten(inventory, one))) {
                nameAltered(inventory, backup, missing);
                if (backup.kind() == BackupKind.DUMP) {
                    database(backup, progress, done, missing, verified);
                }
            }
            if (missing.isEmpty()) {
                Guest.run(server, "DROP ROLE " + MARK);
            }
            // Last: no other run of this brings them back.
            nameUnmade(inventory, missing);
        }
        return new Report(List.copyOf(done), List.copyOf(missing), Map.copyOf(verified));
    }

    private static boolean isAsWritten(Inventory inventory, StoredBackup backup) {
        return inventory.alteration(backup).isEmpty();
    }

    /** A newer one that was passed over. */
    private static void nameAltered(Inventory inventory, StoredBackup restored, List<String> missing) {
        StoredBackup newest = inventory.newestLike(restored);
        if (!newest.equals(restored)) {
            inventory
                    .alteration(newest)
                    .ifPresent(reason -> missing.add(
                            newest.path() + " is not restored but " + restored.path() + ", which is older: " + reason));
        }
    }

    /** The databases that were in the cluster at the newest backup set, and of which the store has no dump. */
    private void nameUnmade(Inventory inventory, List<String> missing) throws SQLException {
        Set<String> dumped = inventory.backups().stream()
                .filter(backup -> backup.kind() == BackupKind.DUMP)
                .map(backup -> backup.manifest().database())
                .collect(Collectors.toSet());
        try {
            for (BackupSet.Missing one : sets.all().stream()
                    .limit(1)
                    .flatMap(set -> set.missing().stream())
                    .toList()) {
                if (one.kind().equals(BackupKind.DUMP.word())
                        && !dumped.contains(one.database())
                        && !restore.exists(one.database())) {
                    missing.add(one.database() + ": there is no dump of it in the store: " + one.reason());
                }
            }
        } catch (IOException e) {
            missing.add("databases of which the store has no dump: " + e.getMessage());
        }
    }

    private boolean isClaimed() throws SQLException {
        return !Guest.names(server, "SELECT 1 FROM pg_catalog.pg_roles WHERE rolname = '" + MARK + "'")
                .isEmpty();
    }

    private void refuseOccupied() throws Refusal, SQLException {
        if (isClaimed()) {
            return;
        }
        List<String> strangers = Guest.names(server, STRANGERS);
        for (String database : List.of(server.address().database(), "postgres")) {
            if (strangers.isEmpty() && restore.exists(database)) {
                strangers = relations(database);
            }
        }
        if (!strangers.isEmpty()) {
            throw new Refusal("the server at " + server.address().where() + " is not empty ("
                    + String.join(", ", strangers) + "): everything is restored onto an empty one only; take"
                    + " 'pgsteward restore SERVICE --into DATABASE' for single databases");
        }
    }

    private void claim() throws SQLException {
        if (!isClaimed()) {
            Guest.run(server, "CREATE ROLE " + MARK + " NOLOGIN");
        }
    }

    private List<String> relations(String database) throws SQLException {
        try (Connection connection = server.connect(database);
                var statement = connection.createStatement();
                var rows = statement.executeQuery(RELATIONS)) {
            List<String> relations = new ArrayList<>();
            while (rows.next()) {
                relations.add("table " + rows.getString(1) + " in database " + database);
            }
            return relations;
        }
    }

    private record Roles(StoredBackup backup, Globals globals) {
        String path() {
            return backup.path();
        }
    }

    /** The newest roles of the store, less those that the server has from the first. */
    private Optional<Roles> roles(Inventory inventory, Consent consent) throws IOException, SQLException, Refusal {
        Optional<StoredBackup> newest = inventory.newestOfEach(one -> isAsWritten(inventory, one)).stream()
                .filter(backup -> backup.kind() == BackupKind.GLOBALS)
                .findFirst();
        if (newest.isEmpty()) {
            return Optional.empty();
        }
        Set<String> kept = new HashSet<>(Guest.names(server, "SELECT rolname FROM pg_catalog.pg_roles WHERE oid = 10"));
        kept.add(server.address().user());
        Globals globals = read(restore.file(newest.get())).without(kept);
        if (newest.get().signature() != ManifestSignature.VALID) {
            Set<String> superusers =
                    new HashSet<>(Guest.names(server, "SELECT rolname FROM pg_catalog.pg_roles WHERE rolsuper"));
            superusers.addAll(kept);
            List<String> powers = GlobalsPowers.of(globals, superusers);
            String reason = newest.get().path() + " is not vouched for: " + doubt(newest.get());
            if (!powers.isEmpty() && !consent.isGiven(reason, powers)) {
                throw new Refusal("cannot restore the roles: " + reason
                        + ", and it gives powers over the server"
                        + " to " + GlobalsPowers.some(powers) + "; if they had them, add --trust-globals, or set"
                        + " PGSTEWARD_BACKUP_MANIFEST_KEY_FILE to the key that signed the backups");
            }
        }
        return Optional.of(new Roles(store.whole(newest.get()), globals));
    }

    private static String doubt(StoredBackup globals) {
        return switch (globals.signature()) {
            case VALID -> "";
            case WRONG -> "its manifest was changed since it was written";
            case FOREIGN -> "its manifest is signed with a key that is not here";
            case MISSING -> "its manifest has no signature";
            case UNCHECKED -> "there is no key here to verify its manifest with";
        };
    }

    private void make(Roles roles, List<String> done, List<String> missing, Map<String, Duration> verified)
            throws SQLException {
        long began = System.nanoTime();
        int missingBefore = missing.size();
        Globals globals = roles.globals();
        Set<String> there = new HashSet<>(Guest.names(server, "SELECT rolname FROM pg_catalog.pg_roles"));
        long made = 0;
        for (Globals.Statement statement : globals.statements()) {
            if (statement.creates() && there.contains(statement.role())) {
                continue;
            }
            try {
                Guest.run(server, statement.sql());
                made += statement.creates() ? 1 : 0;
            } catch (SQLException e) {
                // What the statement says may be a password's verifier; what the server says is not.
                missing.add("roles: " + e.getMessage());
            }
        }
        Stream.concat(globals.leftOut().stream(), globals.strange().stream())
                .forEach(words -> missing.add("roles: not run: " + words));
        globals.oversized().forEach(words -> missing.add("roles: left out: " + words));
        done.add("roles: " + made + " made, with their passwords, from " + roles.path());
        String count = Guest.names(server, COUNT_ROLES).get(0);
        Long dumped = roles.backup().manifest().rows().get("pg_catalog.pg_roles");
        if (missing.size() == missingBefore && dumped != null && count.equals(dumped.toString())) {
            verified.put(roles.backup().manifest().eventId(), Duration.ofNanos(System.nanoTime() - began));
        }
    }

    /** What is hashed is what is read: a program that writes into the store could change the file between the two. */
    private Globals read(StoredFile file) throws IOException, Refusal {
        restore.checkFile(file);
        GlobalsProof read = new GlobalsProof();
        file.pourInto(read);
        return read.globals();
    }

    /** One that cannot be restored holds up no other. */
    private void database(
            StoredBackup backup,
            RestoreProgress progress,
            List<String> done,
            List<String> missing,
            Map<String, Duration> verified)
            throws InterruptedException {
        String name = backup.manifest().database();
        try {
            Manifest manifest = store.whole(backup).manifest();
            if (name.equals(server.address().database())) {
                journal(backup, progress, done, missing, verified);
                return;
            }
            boolean waiting = name.equals("postgres")
                    && restore.exists(name)
                    && relations(name).isEmpty();
            if (waiting && manifest.rows().isEmpty()) {
                // The file is as it was written, and no table is in either.
                restore.checkFile(restore.file(backup));
                verified.put(manifest.eventId(), Duration.ZERO);
                return;
            }
            if (restore.exists(name) && !waiting) {
                if (relations(name).isEmpty() && !manifest.rows().isEmpty()) {
                    // Ours is whole under its name: a daemon that runs has made one for an application that was
                    // started.
                    missing.add(
                            name + ": a database of that name was made meanwhile, and no table is in it; end pgsteward"
                                    + " run and the applications, DROP DATABASE " + Quote.identifier(name)
                                    + ", and type this again");
                } else {
                    done.add(name + ": is there already");
                    NOTES.of(server, name).forEach(note -> missing.add(name + ": " + note));
                }
                return;
            }
            Restore.Order order = new Restore.Order(backup, manifest.owner(), name);
            Restore.Done restored = inTime(order, progress);
            verified.put(manifest.eventId(), restored.took());
            done.add(name + ": " + restored.rows() + " rows in " + restored.tables() + " tables, of "
                    + manifest.startedAt());
            restored.notes().forEach(note -> missing.add(name + ": " + note));
        } catch (Refusal | IOException | SQLException e) {
            missing.add(name + ": " + e.getMessage());
        }
    }

    /** The owner's code may sleep in a restore, and all other databases wait for it. */
    private Restore.Done inTime(Restore.Order order, RestoreProgress progress)
            throws Refusal, IOException, SQLException, InterruptedException {
        Duration longest = stuck.ofARestore(order.backup().manifest().restoredBytes());
        Progress work = new Progress("restore of " + order.database(), true);
        String tooLong =
                "its restore took longer than " + Elapsed.words(longest) + " and was left out; restore it alone by:"
                        + " pgsteward restore " + order.backup().manifest().service() + " --into " + order.database();
        CompletableFuture.delayedExecutor(longest.toNanos(), TimeUnit.NANOSECONDS)
                .execute(() -> work.cancel(tooLong));
        try (Progress.Binding bound = work.bind()) {
            Objects.requireNonNull(bound);
            return restore.beside(order, Optional.empty(), progress, beside -> place(beside, order));
        } catch (IOException | SQLException | InterruptedException e) {
            if (work.cancelled().isPresent()) {
                throw new IOException(tooLong, e);
            }
            throw e;
        }
    }

    private Swap.Swapped place(Beside beside, Restore.Order order)
            throws Refusal, IOException, SQLException, InterruptedException {
        beside.inherit();
        beside.give();
        if (order.database().equals("postgres")) {
            Guest.run(server, "DROP DATABASE postgres");
        }
        beside.database()
                .rename(order.database(), connection -> NOTES.add(connection, order.database(), beside.notes()));
        beside.guest().close();
        return Swap.Swapped.NONE;
    }

    /** Its tables are of our own making; of the dump only the rows are taken, and read by the guest who restored them. */
    private void journal(
            StoredBackup backup,
            RestoreProgress progress,
            List<String> done,
            List<String> missing,
            Map<String, Duration> verified)
            throws Refusal, IOException, SQLException, InterruptedException {
        long[] taken = new long[1];
        Restore.Order order = new Restore.Order(
                backup, server.address().user(), backup.manifest().database(), true);
        Restore.Done restored = restore.beside(order, Optional.empty(), progress, beside -> {
            try (Connection old = beside.guest().enter(beside.database().name())) {
                taken[0] = journal.take(old);
            }
            beside.database().drop();
            beside.guest().close();
            return Swap.Swapped.NONE;
        });
        verified.put(backup.manifest().eventId(), restored.took());
        done.add(backup.manifest().database() + ": " + taken[0] + " rows of the journal, of "
                + backup.manifest().startedAt());
        Set<String> others = new TreeSet<>(store.whole(backup).manifest().rows().keySet());
        others.removeAll(JOURNAL);
        if (!others.isEmpty()) {
            missing.add(backup.manifest().database() + ": it held more than the journal (" + String.join(", ", others)
                    + "), which RECOVERY.md's lines restore beside it");
        }
    }
}
