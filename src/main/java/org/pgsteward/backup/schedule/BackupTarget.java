package org.pgsteward.backup.schedule;

import org.pgsteward.model.BackupKind;

/**
 * A target of a backup.
 *
 * @param service the service name in the store
 * @param owner the role that owns the database and restores it; for a base backup, the administrator of the cluster
 * @param image the image of the service's container, so that a restore can name the matching version; empty if unknown
 * @param setId the backup set of this run; empty if there is none
 */
public record BackupTarget(String service, String database, String owner, BackupKind kind, String image, String setId) {
    /** Creates a target without a set. */
    public BackupTarget(String service, String database, String owner, BackupKind kind, String image) {
        this(service, database, owner, kind, image, "");
    }

    /** Returns a copy of this target in a set. */
    public BackupTarget inSet(String id) {
        return new BackupTarget(service, database, owner, kind, image, id);
    }
}
