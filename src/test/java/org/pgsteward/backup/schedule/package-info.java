@NullMarked
package org.pgsteward.backup.schedule;

import org.jspecify.annotations.NullMarked;
