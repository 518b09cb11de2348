/** Tests of {@link org.pgsteward.camel.timers}. */
@NullMarked
package org.pgsteward.camel.timers;

import org.jspecify.annotations.NullMarked;
