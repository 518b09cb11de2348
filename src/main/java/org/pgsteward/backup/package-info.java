/**
 * Backups: the use cases, which combine the packages below.
 *
 * <p>Begin with {@link BackupRun}, which lists the steps of one backup. {@link BackupNight} makes the backups that are
 * due, {@link RequestedBackups} those that an operator or a request file requests. {@link Reverification} verifies
 * stored backups again, {@link OverdueCheck} reports missing backups, {@link Watchdog} ends a run that hangs.
 * {@link StartupRecovery} and {@link DeadRuns} finish the work of ended processes.
 *
 * <p>Each package imports the packages above it in this list:
 *
 * <ol>
 *   <li>{@link org.pgsteward.backup.underway}: locks, turns, and the runs of this process.
 *   <li>{@link org.pgsteward.backup.schedule}: the targets of backups, and their times.
 *   <li>{@link org.pgsteward.backup.store}: the folder of backups, manifests, sets and {@code RECOVERY.md}.
 *   <li>{@link org.pgsteward.backup.restore}: a restore into the live server, an empty one or a scratch cluster.
 *   <li>{@link org.pgsteward.backup.retention}: the choice of the backups to keep, without any knowledge of restores.
 *   <li>{@link org.pgsteward.backup.verify}: a verification, which restores.
 *   <li>{@link org.pgsteward.backup.dump}: a dump. It is verified while it is made if this host cannot decrypt it.
 * </ol>
 *
 * <p>One {@link org.pgsteward.backup.underway.Turn} for dumps and one for verifications let one database be dumped
 * while another is verified. {@link org.pgsteward.backup.store.DiskNeedRule} refuses a backup before it begins if the
 * disk is too small for it.
 *
 * <table>
 *   <caption>How other tools lost data, and the test that rules it out here</caption>
 *   <tr><td>empty or half a dump, exit code 0</td><td>{@code IncompleteDumpIT}, {@code DumpStreamTest}</td></tr>
 *   <tr><td>disk full, read-only, not mounted</td><td>{@code DiskFaultsIT}</td></tr>
 *   <tr><td>killed half-way: program, backend, server, pgsteward</td><td>{@code FaultsIT}, {@code BackupRunIT}</td></tr>
 *   <tr><td>undetected bit rot</td><td>{@code FaultsIT.aDamagedFileRaisesOneAlertUntilTheNextBackup}</td></tr>
 *   <tr><td>objects, roles, large objects lost</td><td>{@code RoundTripIT}</td></tr>
 *   <tr><td>false alarms about good backups</td><td>{@code RoundTripIT.eachKindOfDatabaseGetsItsExpectedState}</td></tr>
 *   <tr><td>a killed restore</td><td>{@code RestoreKilledIT}</td></tr>
 *   <tr><td>a dump that runs as a superuser</td><td>{@code HostileDumpIT}, {@code GlobalsTest}</td></tr>
 *   <tr><td>passwords with a percent sign, wrong client, server late</td><td>{@code FaultsIT}, {@code RoundTripIT}</td></tr>
 * </table>
 */
@NullMarked
package org.pgsteward.backup;

import org.jspecify.annotations.NullMarked;
