/** Files, file locks, threads and JSON for all other packages. */
@NullMarked
package org.pgsteward.io;

import org.jspecify.annotations.NullMarked;
