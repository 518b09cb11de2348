/** Builds all objects from the settings, and runs the daemon. */
@NullMarked
package org.pgsteward.app;

import org.jspecify.annotations.NullMarked;
