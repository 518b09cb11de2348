package org.pgsteward.backup.restore;

import java.io.IOException;
import java.sql.SQLException;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;
import org.pgsteward.backup.store.Inventory;
import org.pgsteward.backup.store.ManifestSignature;
import org.pgsteward.backup.store.Store;
import org.pgsteward.backup.store.StoredBackup;
import org.pgsteward.backup.store.StoredFile;
import org.pgsteward.model.BackupKind;
import org.pgsteward.model.Refusal;
import org.pgsteward.postgres.Server;

/**
 * Restores the roles of a {@link Recovery}, with their passwords. The administrator's role stays as it is on the new
 * server.
 */
final class RecoveredRoles {
    /** The query that counts the roles as the manifest of globals does, without the roles that a restore creates. */
    private static final String COUNT_ROLES =
            "SELECT count(*) FROM pg_catalog.pg_roles WHERE rolname !~ '^pg_' AND rolname !~ '^pgsteward_'";

    private final Server server;
    private final Store store;
    private final Restore restore;

    RecoveredRoles(Server server, Store store, Restore restore) {
        this.server = server;
        this.store = store;
        this.restore = restore;
    }

    /** @param backup the backup of the globals, with the number of roles in its manifest */
    record Roles(StoredBackup backup, Globals globals) {}

    /**
     * Returns the newest roles of the store, without those that the new server has from its creation.
     *
     * @throws Refusal if consent is not given
     */
    Optional<Roles> newest(Inventory inventory, Recovery.Consent consent) throws IOException, SQLException, Refusal {
        Optional<StoredBackup> newest = inventory
                .newestOfEach(one -> inventory.alteration(one).isEmpty())
                .stream()
                .filter(backup -> backup.kind() == BackupKind.GLOBALS)
                .findFirst();
        if (newest.isEmpty()) {
            return Optional.empty();
        }
        Set<String> kept =
                new HashSet<>(RestoreRole.names(server, "SELECT rolname FROM pg_catalog.pg_roles WHERE oid = 10"));
        kept.add(server.address().user());
        Globals globals = read(restore.file(newest.get())).without(kept);
        if (newest.get().signature() != ManifestSignature.VALID) {
            Set<String> superusers =
                    new HashSet<>(RestoreRole.names(server, "SELECT rolname FROM pg_catalog.pg_roles WHERE rolsuper"));
            superusers.addAll(kept);
            List<String> powers = GlobalsPowers.of(globals, superusers);
            String reason = newest.get().path() + " is not trusted: " + doubt(newest.get());
            if (!powers.isEmpty() && !consent.isGiven(reason, powers)) {
                throw new Refusal("cannot restore the roles: " + reason
                        + ", and it would give powers over the server to " + GlobalsPowers.some(powers)
                        + "; if these roles had these powers, add --trust-globals, or set"
                        + " PGSTEWARD_BACKUP_MANIFEST_KEY_FILE to the key that signed the backups");
            }
        }
        return Optional.of(new Roles(store.whole(newest.get()), globals));
    }

    private static String doubt(StoredBackup globals) {
        return switch (globals.signature()) {
            case VALID -> "";
            case WRONG -> "its manifest was changed since it was written";
            case FOREIGN -> "its manifest is signed with a key that this host does not have";
            case MISSING -> "its manifest has no signature";
            case UNCHECKED -> "this host has no key to verify its manifest";
        };
    }

    /** Creates the roles. A failed statement does not stop the others. */
    void make(Roles roles, RecoveryTally tally) throws SQLException {
        long began = System.nanoTime();
        int missingBefore = tally.countOfMissing();
        Globals globals = roles.globals();
        Set<String> there = new HashSet<>(RestoreRole.names(server, "SELECT rolname FROM pg_catalog.pg_roles"));
        long made = 0;
        for (Globals.Statement statement : globals.statements()) {
            if (statement.creates() && there.contains(statement.role())) {
                continue;
            }
            try {
                RestoreRole.run(server, statement.sql());
                made += statement.creates() ? 1 : 0;
            } catch (SQLException e) {
                // The statement may contain a password's verifier; the server's message does not.
                tally.missing("roles: " + e.getMessage());
            }
        }
        Stream.concat(globals.leftOut().stream(), globals.strange().stream())
                .forEach(words -> tally.missing("roles: not run: " + words));
        globals.oversized().forEach(words -> tally.missing("roles: left out: " + words));
        tally.done("roles: " + made + " created with their passwords, from "
                + roles.backup().path());
        String count = RestoreRole.names(server, COUNT_ROLES).get(0);
        Long dumped = roles.backup().manifest().contents().rows().get("pg_catalog.pg_roles");
        if (tally.countOfMissing() == missingBefore && dumped != null && count.equals(dumped.toString())) {
            tally.verified(roles.backup(), Duration.ofNanos(System.nanoTime() - began));
        }
    }

    /**
     * Reads the globals. The bytes that are read are hashed in the same pass: a program with write access to the store
     * could change the file between two passes.
     */
    private Globals read(StoredFile file) throws IOException, Refusal {
        restore.checkFile(file);
        GlobalsVerification read = new GlobalsVerification();
        file.pourInto(read);
        return read.globals();
    }
}
