/** {@link Steward} is the main class: it starts a command. */
@NullMarked
package org.pgsteward;

import org.jspecify.annotations.NullMarked;
