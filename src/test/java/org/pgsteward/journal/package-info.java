/** Tests of the journal on a real PostgreSQL. */
@NullMarked
package org.pgsteward.journal;

import org.jspecify.annotations.NullMarked;
