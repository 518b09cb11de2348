/**
 * Dumps, the store that keeps them, and the verification of each.
 *
 * <p>{@link BackupRun} lists the steps of one backup. {@link BackupNight} makes those that have come due, {@link
 * RequestedBackups} those that a person or a request file asks for.
 *
 * <ol>
 *   <li>{@link DumpRun} holds one dump: the lock, the snapshot, {@code pg_dump} and its compressed stream. A {@link
 *       PartWriter} writes the stream to a file whose name ends in {@code .part}.
 *   <li>{@link DumpRun#seal} looks at exit codes, makes the file durable, gives it its name, and writes the manifest
 *       last. A file under its final name is whole, always.
 *   <li>On its way the stream is sealed to whom {@link AgeKeys} says. Where nobody here can open it again, {@link
 *       StreamProof} restores it while it is made.
 *   <li>{@link Proof} restores it into a scratch cluster and compares every table with the manifest; a base backup is
 *       unpacked, checked and started instead.
 *   <li>{@link BackupSets} keeps what was made together, and what is missing from it.
 *   <li>{@link RetentionPlan} decides what is kept and {@link Removal} removes the rest; {@link OverdueRule} says what is
 *       missing and {@link ShrinkRule} what is suspiciously small.
 *   <li>{@link Restore} restores one into the live server, beside what is there, and {@link Recovery} everything onto an
 *       empty one; {@link Inventory} is all that they ask, so that a store alone is enough. {@link RecoveryCard} says how it
 *       is done without us.
 * </ol>
 *
 * <p>A {@link Turn} for dumps and a {@link ProofTurn} for verifications let one be dumped while another is verified; {@link
 * DiskNeedRule} refuses what cannot fit before it is begun.
 *
 * <p>Why the stored file is proved where that can be done: what was restored on the way is not what the disk gives back.
 *
 * <p>Why no level of compression is chosen by the speed of the wire: on two cores, which a dump keeps busy by itself,
 * waiting for the wire says nothing of time to spare.
 *
 * <p>Why a backup that is not proved is never weighed against one that is: tools that count files let a fortnight of
 * failing runs push out the last good one. Here failures fill no bucket, and what is only whole fills its own.
 *
 * <p>Why a backup that was proved once and cannot be restored today is not damaged as long as its file has the same hash: a
 * full scratch folder would otherwise turn one good backup after the other into a failed one.
 *
 * <p>Why a scratch cluster and not a scratch database beside the source: a restore's CREATE INDEX in a server that may
 * use 256 MB was killed for memory, and took every service down for the length of a crash recovery.
 *
 * <p>Why the administrator of a scratch cluster makes roles, database and extensions first and nothing later: from the first
 * statement of a dump on, what runs there is the dump's. What only a superuser makes and nothing depends on (event triggers)
 * is left out by {@link RestorePlan} and named; it is no reason to call a dump unproved whose rows are all there.
 *
 * <p>Why a base backup is counted after its end and not before: see {@link BaseRows}. Why no index is checked in its copy:
 * the server may run on another C library, which sorts text otherwise, and every index of text would be a false alarm.
 *
 * <p>Why a role of its own for each restore: a dump is hostile input, the service's password is not ours to know, and
 * whoever logs in as the administrator can be made to be the administrator again. Why a swap in one transaction, and not
 * by closing the database first: whoever is killed in between would leave it closed. Why the server holds the turn of
 * restores and not a file: two commands with folders of their own may mean one server, and only who holds the turn can tell
 * a leftover from a restore under way. Why leftovers bear a mark besides their name: nothing is deleted for what it is called.
 *
 * <table>
 *   <caption>How others lost data, and the test that it does not happen here</caption>
 *   <tr><td>empty or half a dump, exit code 0</td><td>{@code FaultsIT.aPgDumpThat...}, {@code DumpStreamTest}</td></tr>
 *   <tr><td>disk full, read-only, not mounted</td><td>{@code FaultsIT.aDiskThat...}, {@code aStoreThatIsNoMoreThere...}</td></tr>
 *   <tr><td>killed half-way: program, backend, server, us</td><td>{@code FaultsIT}, {@code BackupRunIT}</td></tr>
 *   <tr><td>bit rot that nobody looked for</td><td>{@code FaultsIT.aStoredFileThatCameToHarm...}</td></tr>
 *   <tr><td>objects, roles, large objects lost</td><td>{@code RoundTripIT}</td></tr>
 *   <tr><td>alarms of good backups</td><td>{@code RoundTripIT.itsVerdictIsTheRightOne}</td></tr>
 *   <tr><td>a restore that was killed</td><td>{@code RestoreKilledIT}</td></tr>
 *   <tr><td>a dump that runs as a superuser</td><td>{@code HostileDumpIT}, {@code GlobalsTest}</td></tr>
 *   <tr><td>passwords with a percent sign, wrong client, server late</td><td>{@code FaultsIT}, {@code RoundTripIT}</td></tr>
 * </table>
 */
@NullMarked
package org.pgsteward.backup;

import org.jspecify.annotations.NullMarked;
