package org.pgsteward.backup.restore;

import java.sql.SQLException;
import java.util.Optional;
import org.pgsteward.backup.schedule.BackupTarget;
import org.pgsteward.backup.schedule.Targets;
import org.pgsteward.model.BackupKind;
import org.pgsteward.postgres.Quote;
import org.pgsteward.postgres.Server;

/** The live database that a restore replaces. */
record LiveDatabase(Server server, String name) {
    /** Returns the owner of the database; empty if it is a superuser, or if the database does not exist. */
    Optional<String> owner() throws SQLException {
        return RestoreRole.names(
                        server,
                        "SELECT r.rolname FROM pg_catalog.pg_database AS d JOIN pg_catalog.pg_roles AS r ON r.oid = d.datdba"
                                + " WHERE NOT r.rolsuper AND d.datname = " + Quote.literal(name))
                .stream()
                .findFirst();
    }

    /**
     * Returns the service under which the database is backed up now, which may differ from the service in the manifest;
     * empty if it is not backed up.
     */
    Optional<String> service() throws SQLException {
        return new Targets(server)
                .all(BackupKind.DUMP).stream()
                        .map(Targets.Found::target)
                        .filter(target -> target.database().equals(name))
                        .map(BackupTarget::service)
                        .findFirst();
    }
}
