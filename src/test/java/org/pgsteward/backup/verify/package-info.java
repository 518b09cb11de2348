@NullMarked
package org.pgsteward.backup.verify;

import org.jspecify.annotations.NullMarked;
