/**
 * The runs under way in this process and in others. The package keeps two runs from working on the same object, and
 * detects a run that hangs or dies.
 *
 * <p>Begin with {@link RunLock}: it keeps two processes from the same service. {@link Turn} lets the dumps of one
 * process follow one another. {@link RunsUnderWay} lists the runs of this process for {@link StuckRule}, which decides
 * whether one hangs. {@link ProcessDeaths} records the runs during which the process died.
 *
 * <p>This is the lowest package of {@code backup}. It depends neither on the store nor on any step of a backup.
 */
@NullMarked
package org.pgsteward.backup.underway;

import org.jspecify.annotations.NullMarked;
