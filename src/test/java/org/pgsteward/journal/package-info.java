/** What is written down, on a real PostgreSQL. */
@NullMarked
package org.pgsteward.journal;

import org.jspecify.annotations.NullMarked;
