/** Tests of the recorded engine: by the code that reads a real one. */
@NullMarked
package org.pgsteward.engine.recorded;

import org.jspecify.annotations.NullMarked;
