/** The shipped routes with real receivers at their ends. */
@NullMarked
package org.pgsteward.routing.alert;

import org.jspecify.annotations.NullMarked;
