/**
 * Dumps, the store that keeps them, and the proof that each can be restored.
 *
 * <ol>
 *   <li>{@link DumpRun} holds one run: the lock, the snapshot, {@code pg_dump} and its compressed stream. A route hands
 *       the stream to a file endpoint, which writes {@code .part}.
 *   <li>{@link DumpRun#seal} looks at exit codes, makes the file durable, gives it its name, and writes the manifest
 *       last. A file under its final name is whole, always.
 *   <li>{@link Proof} restores it into a scratch cluster and compares every table with the manifest; a base backup is
 *       unpacked, checked and started instead.
 *   <li>{@link BackupSets} keeps what was made together, and what is missing from it.
 * </ol>
 *
 * <p>Why a scratch cluster and not a scratch database beside the source: a restore's CREATE INDEX in a server that may
 * use 256 MB was killed for memory, and took every service down for the length of a crash recovery.
 *
 * <p>Why a base backup is counted after its end and not before: see {@link BaseRows}. Why no index is checked in its copy:
 * the server may run on another C library, which sorts text otherwise, and every index of text would be a false alarm.
 */
@NullMarked
package org.pgsteward.backup;

import org.jspecify.annotations.NullMarked;
