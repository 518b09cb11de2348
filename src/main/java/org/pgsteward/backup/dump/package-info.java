/**
 * Dumps a database, the globals or the whole cluster.
 *
 * <p>Begin with {@link Dumps}: it takes the lock, checks the room, takes a {@link Snapshot} and starts {@code pg_dump}. A
 * {@link DumpRun} holds what is under way then. Its {@link DumpStream} compresses and encrypts the output. {@link
 * DumpRun#seal} looks at exit codes, makes the file durable, gives it its name and writes the manifest last.
 *
 * <p>Why no level of compression is chosen by the speed of the wire: on two cores, which a dump keeps busy by itself,
 * waiting for the wire says nothing of time to spare.
 *
 * <p>Why a base backup is counted after its end and not before: see {@link BaseRows}.
 */
@NullMarked
package org.pgsteward.backup.dump;

import org.jspecify.annotations.NullMarked;
