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
 *
 * <p>Why the administrator of a scratch cluster makes roles, database and extensions first and nothing later: from the first
 * statement of a dump on, what runs there is the dump's. What only a superuser makes and nothing depends on (event triggers)
 * is left out by {@link RestorePlan} and named; it is no reason to call a dump unproved whose rows are all there.
 *
 * <table>
 *   <caption>How others lost data, and the test that it does not happen here</caption>
 *   <tr><td>empty or half a dump, exit code 0</td><td>{@code FaultsIT.aPgDumpThat...}, {@code DumpStreamTest}</td></tr>
 *   <tr><td>disk full, read-only, not mounted</td><td>{@code FaultsIT.aDiskThat...}, {@code aStoreThatIsNoMoreThere...}</td></tr>
 *   <tr><td>killed half-way: program, backend, server, us</td><td>{@code FaultsIT}, {@code BackupRoutesIT}</td></tr>
 *   <tr><td>bit rot that nobody looked for</td><td>{@code FaultsIT.aStoredFileThatCameToHarm...}</td></tr>
 *   <tr><td>objects, roles, large objects lost</td><td>{@code RoundTripIT}</td></tr>
 *   <tr><td>alarms of good backups</td><td>{@code RoundTripIT.itsVerdictIsTheRightOne}</td></tr>
 *   <tr><td>a dump that runs as a superuser</td><td>{@code HostileDumpIT}, {@code GlobalsScriptTest}</td></tr>
 *   <tr><td>passwords with a percent sign, wrong client, server late</td><td>{@code FaultsIT}, {@code RoundTripIT}</td></tr>
 * </table>
 */
@NullMarked
package org.pgsteward.backup;

import org.jspecify.annotations.NullMarked;
