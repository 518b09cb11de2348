/**
 * Verifies a backup by restoring it into a scratch cluster and comparing every table with the manifest.
 *
 * <p>Begin with {@link Verification}. {@link BaseVerification} verifies a base backup differently: it unpacks, checks and starts it.
 * If this host cannot decrypt a backup, {@link StreamVerification} verifies it while it is made. {@link VerificationTurn} lets one
 * verification run at a time on the host, in the order of {@link VerificationOrder}.
 *
 * <p>Why the stored file is verified where possible: the bytes that were restored while a backup was made are not the
 * bytes that the disk returns.
 *
 * <p>Why a verified backup that cannot be restored today does not count as damaged while its file has the same hash: a
 * full scratch folder would otherwise turn one good backup after the other into a failed one.
 *
 * <p>Why a scratch cluster and not a scratch database beside the source: a server that may use 256 MB was killed for
 * memory by a restore's CREATE INDEX. All services were down for the length of a crash recovery.
 *
 * <p>Why no index is checked in the copy of a base backup: the server may run on another C library with another sort
 * order of text. Every index of text would then be a false alarm.
 */
@NullMarked
package org.pgsteward.backup.verify;

import org.jspecify.annotations.NullMarked;
