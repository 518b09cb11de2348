/** Tests of the stored backups and of the refusals. */
@NullMarked
package org.pgsteward.backup;

import org.jspecify.annotations.NullMarked;
