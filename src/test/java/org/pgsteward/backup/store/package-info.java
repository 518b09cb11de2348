@NullMarked
package org.pgsteward.backup.store;

import org.jspecify.annotations.NullMarked;
