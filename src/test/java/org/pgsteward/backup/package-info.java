/** What is stored, and what is refused. */
@NullMarked
package org.pgsteward.backup;

import org.jspecify.annotations.NullMarked;
