/**
 * The runs that are under way, of this process and of others, so that no two work on one thing and a run that hangs or dies is
 * noticed.
 *
 * <p>Begin with {@link RunLock}: it keeps two processes from the same service. {@link Turn} lets the dumps of one process
 * follow one another. {@link RunsUnderWay} lists the runs of this process for {@link StuckRule}, which decides when one hangs.
 * {@link ProcessDeaths} remembers at which runs the process ended.
 *
 * <p>It is the lowest package of {@code backup}: it knows neither the store nor any step of a backup.
 */
@NullMarked
package org.pgsteward.backup.underway;

import org.jspecify.annotations.NullMarked;
