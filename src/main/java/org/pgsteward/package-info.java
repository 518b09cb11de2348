/** The front door: {@link Steward} starts a command, {@link Wiring} builds what it works with. */
@NullMarked
package org.pgsteward;

import org.jspecify.annotations.NullMarked;
