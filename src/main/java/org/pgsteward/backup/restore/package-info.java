/**
 * Restores a backup: into the live server, onto an empty one, or into a scratch cluster.
 *
 * <p>Begin with {@link Restore}, which restores one database into a {@link SideDatabase} beside the live one. {@link Recovery}
 * rebuilds an empty server from a store alone. {@link ScratchRestore} restores into a scratch cluster for a verification. All
 * of them read the archive by {@link TableOfContents}, leave out what {@link RestorePlan} says, and load it by {@link
 * OwnersRestore}. {@link RestoreCaveats} and {@link RestoreLosses} say what a restore loses, before it is needed.
 *
 * <p>Why the administrator of a scratch cluster makes roles, database and extensions first and nothing later: from the first
 * statement of a dump on, what runs there is the dump's. What only a superuser makes and nothing depends on (event triggers)
 * is left out by {@link RestorePlan} and named; it is no reason to call a dump unproved whose rows are all there.
 *
 * <p>Why a role of its own for each restore: a dump is hostile input, the service's password is not ours to know, and
 * whoever logs in as the administrator can be made to be the administrator again. Why a swap in one transaction, and not
 * by closing the database first: whoever is killed in between would leave it closed. Why the server holds the turn of
 * restores and not a file: two commands with folders of their own may mean one server, and only who holds the turn can tell
 * a leftover from a restore under way. Why leftovers bear a mark besides their name: nothing is deleted for what it is called.
 */
@NullMarked
package org.pgsteward.backup.restore;

import org.jspecify.annotations.NullMarked;
