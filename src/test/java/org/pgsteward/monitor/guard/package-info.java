@NullMarked
package org.pgsteward.monitor.guard;

import org.jspecify.annotations.NullMarked;
