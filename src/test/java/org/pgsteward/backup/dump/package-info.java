@NullMarked
package org.pgsteward.backup.dump;

import org.jspecify.annotations.NullMarked;
