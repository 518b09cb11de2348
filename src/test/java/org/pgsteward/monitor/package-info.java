/** What a look says, case by case. */
@NullMarked
package org.pgsteward.monitor;

import org.jspecify.annotations.NullMarked;
