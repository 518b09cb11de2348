@NullMarked
package org.pgsteward.routing.reload;

import org.jspecify.annotations.NullMarked;
