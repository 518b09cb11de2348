/** The timers of routes. */
@NullMarked
package org.pgsteward.camel.timers;

import org.jspecify.annotations.NullMarked;
