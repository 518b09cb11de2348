package org.pgsteward.backup.schedule;

import org.pgsteward.model.BackupKind;

/**
 * What is to be backed up.
 *
 * @param service under which name it goes into the store
 * @param owner the role that owns the database, as whom it is restored; of a base backup, the cluster's administrator
 * @param image of the service's container, so that a restore can name the version that it fits; empty when unknown
 * @param setId the backup set that it is made in; empty where it belongs to none
 */
public record BackupTarget(String service, String database, String owner, BackupKind kind, String image, String setId) {
    /** One of no set. */
    public BackupTarget(String service, String database, String owner, BackupKind kind, String image) {
        this(service, database, owner, kind, image, "");
    }

    /** The same as one of a set. */
    public BackupTarget inSet(String id) {
        return new BackupTarget(service, database, owner, kind, image, id);
    }
}
