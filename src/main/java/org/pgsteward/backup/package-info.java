/**
 * Backups: the use cases, each of which joins what the packages below it do.
 *
 * <p>Begin with {@link BackupRun}, which lists the steps of one backup. {@link BackupNight} makes those that have come due,
 * {@link RequestedBackups} those that a person or a request file asks for. {@link Reverification} verifies stored backups again,
 * {@link OverdueCheck} says what is missing, {@link Watchdog} ends a run that hangs, {@link Housekeeping} and {@link DeadRuns}
 * finish what ended processes left.
 *
 * <p>Each package imports the packages above it in this list:
 *
 * <ol>
 *   <li>{@link org.pgsteward.backup.underway}: locks, turns, and the runs of this process.
 *   <li>{@link org.pgsteward.backup.schedule}: what there is to back up, and when.
 *   <li>{@link org.pgsteward.backup.store}: the folder of backups, manifests, sets and {@code RECOVERY.md}.
 *   <li>{@link org.pgsteward.backup.restore}: a restore into the live server, an empty one or a scratch cluster.
 *   <li>{@link org.pgsteward.backup.retention}: which backups are kept. It knows nothing of restores.
 *   <li>{@link org.pgsteward.backup.verify}: a verification, which restores.
 *   <li>{@link org.pgsteward.backup.dump}: a dump, which is verified while it is made where nobody here can open it again.
 * </ol>
 *
 * <p>A {@link org.pgsteward.backup.underway.Turn} for dumps and another one for verifications let one database be dumped while
 * another is verified. {@link org.pgsteward.backup.store.DiskNeedRule} refuses what cannot fit before it is begun.
 *
 * <table>
 *   <caption>How others lost data, and the test that it does not happen here</caption>
 *   <tr><td>empty or half a dump, exit code 0</td><td>{@code IncompleteDumpIT}, {@code DumpStreamTest}</td></tr>
 *   <tr><td>disk full, read-only, not mounted</td><td>{@code DiskFaultsIT}</td></tr>
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
