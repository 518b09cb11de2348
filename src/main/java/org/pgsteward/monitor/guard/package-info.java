/** Alerts about actions of the guard in {@code postgres.guard}: it ended a session, or disabled the login of a role. */
@NullMarked
package org.pgsteward.monitor.guard;

import org.jspecify.annotations.NullMarked;
