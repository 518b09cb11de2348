/** Tests of the edge to the Docker Engine, and what other rooms' tests need to reach a real one. */
@NullMarked
package org.pgsteward.engine;

import org.jspecify.annotations.NullMarked;
