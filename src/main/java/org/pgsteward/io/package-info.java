/** Files and JSON, as every other package reads and writes them. */
@NullMarked
package org.pgsteward.io;

import org.jspecify.annotations.NullMarked;
