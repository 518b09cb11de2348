/** Tests of the recorded engine, through the code that reads a real one. */
@NullMarked
package org.pgsteward.engine.recorded;

import org.jspecify.annotations.NullMarked;
