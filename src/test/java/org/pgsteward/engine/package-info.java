/** Tests of the connection to the Docker Engine, and helpers with which other packages' tests reach a real one. */
@NullMarked
package org.pgsteward.engine;

import org.jspecify.annotations.NullMarked;
