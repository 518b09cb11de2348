package org.pgsteward.backup.restore;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.sql.SQLException;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import org.pgsteward.backup.store.AgeKeys;
import org.pgsteward.backup.store.DatabaseEnvironment;
import org.pgsteward.backup.store.Manifest;
import org.pgsteward.backup.store.StoredFile;
import org.pgsteward.model.BackupKind;
import org.pgsteward.model.Refusal;
import org.pgsteward.postgres.Quote;
import org.pgsteward.postgres.Server;
import org.pgsteward.postgres.SpareDatabases;
import org.pgsteward.postgres.UnfinishedRestore;

/** The checks before a restore changes anything. Each failure is one line that includes the next step. */
final class RestoreChecks {
    private static final int LONGEST_NAME = 63;

    private final Server server;
    private final AgeKeys keys;
    private final Set<String> allowedExtensions;

    RestoreChecks(Server server, AgeKeys keys, Set<String> allowedExtensions) {
        this.server = server;
        this.keys = keys;
        this.allowedExtensions = allowedExtensions;
    }

    /** Checks whether the server can and may receive the backup. */
    void check(Restore.Order order) throws Refusal, SQLException {
        Manifest manifest = order.backup().manifest();
        if (order.backup().kind() != BackupKind.DUMP) {
            throw new Refusal("cannot restore " + order.backup().path() + ": it is not a dump of one database; use the"
                    + " commands in RECOVERY.md, or 'pgsteward restore --all' for an empty server");
        }
        int major = server.majorVersion();
        if (Integer.parseInt(manifest.run().clientVersion()) > major) {
            throw new Refusal("cannot restore " + order.backup().path() + ": it is a dump of PostgreSQL "
                    + manifest.run().clientVersion() + ", and the server is PostgreSQL " + major
                    + "; use a server of the same or a newer version");
        }
        Optional<String> forbidden =
                RestoreCaveats.forbidden(manifest.contents().extensions().keySet(), allowedExtensions);
        if (forbidden.isPresent()) {
            throw new Refusal("cannot restore " + order.backup().path() + ": " + forbidden.get());
        }
        checkRoles(order, manifest.contents().surroundings());
    }

    /**
     * Requires that all roles exist. A restore creates no role, because a dump must not decide which roles may log in.
     */
    private void checkRoles(Restore.Order order, DatabaseEnvironment surroundings) throws Refusal, SQLException {
        Set<String> there = new TreeSet<>(RestoreRole.names(server, "SELECT rolname FROM pg_catalog.pg_roles"));
        if (!there.contains(order.owner())) {
            throw new Refusal("cannot restore " + order.backup().path() + ": role " + order.owner()
                    + ", the owner of the database, does not exist; start the service's container or create the"
                    + " role, then try again");
        }
        Set<String> named = new TreeSet<>(surroundings.roles());
        named.removeAll(there);
        if (!named.isEmpty()) {
            throw new Refusal("cannot restore " + order.backup().path()
                    + ": its policies or user mappings name roles that do not exist: " + String.join(", ", named)
                    + "; create them (CREATE ROLE "
                    + Quote.identifier(named.iterator().next()) + "), then try again");
        }
    }

    void checkName(String database) throws Refusal {
        int bytes = database.getBytes(StandardCharsets.UTF_8).length;
        if (bytes == 0
                || bytes > LONGEST_NAME
                || database.indexOf('\0') >= 0
                || database.matches(UnfinishedRestore.NAMES)
                || database.matches(SpareDatabases.NAMES)) {
            throw new Refusal("cannot create database '" + database + "': a name has 1 to " + LONGEST_NAME
                    + " bytes, and names pgsteward_restore_... are reserved for running restores, and"
                    + " pgsteward_spare_... for new services");
        }
    }

    /** Checks whether the live database can be set aside. */
    void checkReplaceable(String live) throws Refusal, SQLException {
        if (!exists(live)) {
            throw new Refusal("cannot replace database " + live + ": it does not exist; use --into " + live);
        }
        if (live.equals(server.address().database()) || live.equals("postgres") || live.startsWith("template")) {
            throw new Refusal("cannot replace database " + live + ": the running server needs it; restore it under"
                    + " another name with --into, or everything onto an empty server with restore --all");
        }
        String prepared = RestoreRole.names(
                        server,
                        "SELECT count(*) FROM pg_catalog.pg_prepared_xacts WHERE database = " + Quote.literal(live))
                .get(0);
        if (!prepared.equals("0")) {
            throw new Refusal(
                    "cannot replace database " + live + ": its " + prepared + " prepared transactions would be"
                            + " lost; COMMIT PREPARED or ROLLBACK PREPARED them first (pg_prepared_xacts lists them)");
        }
    }

    /** @throws Refusal if the file differs from the written one, or if this host cannot decrypt it */
    void checkFile(StoredFile file) throws Refusal {
        try {
            file.check();
        } catch (IOException e) {
            throw new Refusal("cannot restore " + file.file() + ": " + e.getMessage()
                    + "; 'pgsteward backups' lists the other backups");
        }
        if (file.manifest().file().isEncrypted() && !keys.opens()) {
            throw new Refusal("cannot restore " + file.file() + ": it is encrypted, and this host has no identity; set"
                    + " PGSTEWARD_BACKUP_IDENTITY_FILE to the path of the age key");
        }
    }

    boolean exists(String database) throws SQLException {
        return !RestoreRole.names(
                        server, "SELECT 1 FROM pg_catalog.pg_database WHERE datname = " + Quote.literal(database))
                .isEmpty();
    }
}
