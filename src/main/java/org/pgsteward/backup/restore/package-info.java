/**
 * Restores a backup: into the live server, onto an empty server, or into a scratch cluster.
 *
 * <p>Begin with {@link Restore}, which restores one database into a {@link StagingDatabase}, a staging database beside the
 * live one. {@link Recovery} rebuilds an empty server from a store alone. {@link ScratchRestore} restores into a
 * scratch cluster for a verification. All three read the archive by {@link TableOfContents}, select the entries by
 * {@link RestorePlan}, and load them by {@link OwnersRestore}. {@link RestoreCaveats} and {@link RestoreLosses} report
 * the losses of a restore before it is needed.
 *
 * <p>Why the administrator of a scratch cluster creates roles, database and extensions first and is idle afterwards:
 * from the first statement of a dump on, the code that runs there belongs to the dump. {@link RestorePlan} leaves out
 * and names the entries that only a superuser creates and no other entry needs (event triggers). A dump with such
 * entries can still be verified if all its rows are there.
 *
 * <p>Why each restore has a role of its own: a dump is hostile input, and pgsteward does not know the service's
 * password. Code in a session that logged in as the administrator can become the administrator again.
 *
 * <p>Why a swap in one transaction, and not a database that is closed first: a process that is killed in between would
 * leave the database closed.
 *
 * <p>Why the server holds the turn of restores, and not a file: two commands with different folders may use the same
 * server. Only the holder of the turn can distinguish a leftover from a restore under way.
 *
 * <p>Why leftovers have a mark besides their name: pgsteward deletes no object because of its name alone.
 */
@NullMarked
package org.pgsteward.backup.restore;

import org.jspecify.annotations.NullMarked;
