/** Settings: their names, their types, and where each value came from. */
@NullMarked
package org.pgsteward.config;

import org.jspecify.annotations.NullMarked;
