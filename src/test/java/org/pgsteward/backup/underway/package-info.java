@NullMarked
package org.pgsteward.backup.underway;

import org.jspecify.annotations.NullMarked;
