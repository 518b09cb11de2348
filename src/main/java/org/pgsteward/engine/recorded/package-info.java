/**
 * A recording of a real Docker Engine, served as the engine serves it: for the demonstration, and for trying routes
 * where there is no Docker. The rest of pgsteward cannot tell the difference. {@code src/test/bed/record-scenes} makes
 * the recordings.
 */
@NullMarked
package org.pgsteward.engine.recorded;

import org.jspecify.annotations.NullMarked;
