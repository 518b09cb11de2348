/** Files, locks on files, threads and JSON, as every other package uses them. */
@NullMarked
package org.pgsteward.io;

import org.jspecify.annotations.NullMarked;
