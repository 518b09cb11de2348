package org.pgsteward.backup;

import org.pgsteward.model.BackupKind;

/**
 * What is to be backed up.
 *
 * @param service under which name it goes into the store
 * @param owner the role that owns the database, as whom it is restored
 * @param image of the service's container, so that a restore can name the version that it fits; empty when unknown
 */
public record BackupTarget(String service, String database, String owner, BackupKind kind, String image) {}
