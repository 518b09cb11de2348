/**
 * Verifies a backup by restoring it into a scratch cluster and comparing every table with the manifest.
 *
 * <p>Begin with {@link Proof}. A base backup is unpacked, checked and started instead, by {@link BaseProof}. Where nobody here
 * can open a backup again, {@link StreamProof} verifies it while it is made. {@link ProofTurn} lets one verification run at a
 * time on the host, in the order of {@link ProofOrder}.
 *
 * <p>Why the stored file is proved where that can be done: what was restored on the way is not what the disk gives back.
 *
 * <p>Why a backup that was proved once and cannot be restored today is not damaged as long as its file has the same hash: a
 * full scratch folder would otherwise turn one good backup after the other into a failed one.
 *
 * <p>Why a scratch cluster and not a scratch database beside the source: a restore's CREATE INDEX in a server that may
 * use 256 MB was killed for memory, and took every service down for the length of a crash recovery.
 *
 * <p>Why no index is checked in the copy of a base backup: the server may run on another C library, which sorts text
 * otherwise, and every index of text would be a false alarm.
 */
@NullMarked
package org.pgsteward.backup.verify;

import org.jspecify.annotations.NullMarked;
