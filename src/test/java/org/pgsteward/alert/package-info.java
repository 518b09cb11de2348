/** Tests of alerts and their delivery: one notice when an alert fires, one when it resolves, and none is lost. */
@NullMarked
package org.pgsteward.alert;

import org.jspecify.annotations.NullMarked;
