/**
 * The folder of backups and its contents: manifests and their signatures, backup sets, {@code RECOVERY.md}.
 *
 * <p>Begin with {@link Store}. A backup is written as an {@link UnfinishedBackup}: its manifest comes last, and a file
 * under its final name is always complete. A stored backup is a {@link StoredBackup}, and a {@link StoredFile} reads
 * it. {@link Inventory} lists all of them without PostgreSQL. {@link StoreView} lists those of one service with their
 * results in the journal. {@link Removal} removes a backup.
 *
 * <p>Another program may write into the store. So {@link ManifestFields} checks each value, {@link ManifestSignature}
 * identifies the writer of a manifest, {@link ManifestTrust} decides whether it may be restored, and every list has a
 * limit.
 */
@NullMarked
package org.pgsteward.backup.store;

import org.jspecify.annotations.NullMarked;
