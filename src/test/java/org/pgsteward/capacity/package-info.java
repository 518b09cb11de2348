/** Hosts with many services, large databases and many nights: times, memory, and how they grow. */
@NullMarked
package org.pgsteward.capacity;

import org.jspecify.annotations.NullMarked;
