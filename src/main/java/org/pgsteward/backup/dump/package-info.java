/**
 * Dumps a database, the globals or the whole cluster.
 *
 * <p>Begin with {@link Dumps}: it takes the lock, checks the free space, takes a {@link Snapshot} and starts
 * {@code pg_dump}. A {@link DumpInProgress} holds the resources of the run. Its {@link DumpStream} compresses and encrypts the
 * output. {@link DumpInProgress#finish} checks exit codes, syncs the file, renames it and writes the manifest last.
 *
 * <p>Why the level of compression does not depend on the speed of the connection: a dump keeps two cores busy by
 * itself. So a wait for the connection does not mean that there is time to spare.
 *
 * <p>Why a base backup is counted after its end and not before: see {@link BaseRows}.
 */
@NullMarked
package org.pgsteward.backup.dump;

import org.jspecify.annotations.NullMarked;
