@NullMarked
package org.pgsteward.backup.restore;

import org.jspecify.annotations.NullMarked;
