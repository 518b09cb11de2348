/** Docker containers: the service, the state and the memory usage of each. */
@NullMarked
package org.pgsteward.containers;

import org.jspecify.annotations.NullMarked;
