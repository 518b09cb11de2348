/**
 * A recording of a real Docker Engine, served over the engine's API, for the demonstration and for trying routes
 * without Docker. The rest of pgsteward sees no difference. {@code src/test/bed/record-scenes} makes the recordings.
 */
@NullMarked
package org.pgsteward.engine.recorded;

import org.jspecify.annotations.NullMarked;
