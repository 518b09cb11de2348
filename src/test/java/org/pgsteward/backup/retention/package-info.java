@NullMarked
package org.pgsteward.backup.retention;

import org.jspecify.annotations.NullMarked;
