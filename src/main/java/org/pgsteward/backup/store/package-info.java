/**
 * The folder of backups, and everything that is said in it: manifests and their signatures, backup sets, {@code RECOVERY.md}.
 *
 * <p>Begin with {@link Store}. A backup is written as an {@link UnfinishedBackup}: its manifest comes last, and a file under
 * its final name is whole, always. A backup that lies there is a {@link StoredBackup}, and a {@link StoredFile} reads it.
 * {@link Inventory} lists all of them without PostgreSQL, {@link Holdings} those of one service with what the journal says of
 * each. {@link Removal} removes one.
 *
 * <p>Another program may write into the store. So {@link ManifestFields} checks each value, {@link ManifestSignature} says who
 * wrote a manifest, {@link ManifestTrust} whether it may be restored, and every list has a limit.
 */
@NullMarked
package org.pgsteward.backup.store;

import org.jspecify.annotations.NullMarked;
