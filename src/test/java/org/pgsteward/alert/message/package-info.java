/** News once when it begins and once when it is over, and none of it lost. */
@NullMarked
package org.pgsteward.alert.message;

import org.jspecify.annotations.NullMarked;
