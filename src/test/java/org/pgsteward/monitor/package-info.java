/** Tests of the monitoring rules, case by case. */
@NullMarked
package org.pgsteward.monitor;

import org.jspecify.annotations.NullMarked;
