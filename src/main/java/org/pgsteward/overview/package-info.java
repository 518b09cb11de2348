/**
 * State of all parts, for the status page, the command {@code status} and the health endpoint. This package only reads,
 * and uses the last known state while PostgreSQL is unavailable.
 */
@NullMarked
package org.pgsteward.overview;

import org.jspecify.annotations.NullMarked;
