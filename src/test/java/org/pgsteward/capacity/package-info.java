/**
 * Tests of hosts with many services, large databases and many nights. They measure times and memory, and how these
 * grow.
 */
@NullMarked
package org.pgsteward.capacity;

import org.jspecify.annotations.NullMarked;
