/**
 * The state of everything, for the page, the command {@code status} and the health endpoint. It reads and changes nothing,
 * and answers from the last known state while PostgreSQL is away.
 */
@NullMarked
package org.pgsteward.overview;

import org.jspecify.annotations.NullMarked;
