/**
 * Dumps, the store that keeps them, and the proof that each can be restored.
 *
 * <ol>
 *   <li>{@link DumpRun} holds one run: the lock, the snapshot, {@code pg_dump} and its compressed stream. A route hands
 *       the stream to a file endpoint, which writes {@code .part}.
 *   <li>{@link DumpRun#seal} looks at exit codes, makes the file durable, gives it its name, and writes the manifest
 *       last. A file under its final name is whole, always.
 *   <li>{@link Proof} restores it into a scratch cluster and compares every table with the manifest.
 * </ol>
 *
 * <p>Why a scratch cluster and not a scratch database beside the source: a restore's CREATE INDEX in a server that may
 * use 256 MB was killed for memory, and took every service down for the length of a crash recovery.
 */
@NullMarked
package org.pgsteward.backup;

import org.jspecify.annotations.NullMarked;
