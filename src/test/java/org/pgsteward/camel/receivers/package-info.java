/** The shipped routes with real receivers at their ends. */
@NullMarked
package org.pgsteward.camel.receivers;

import org.jspecify.annotations.NullMarked;
