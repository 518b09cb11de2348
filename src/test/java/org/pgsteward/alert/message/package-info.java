/** Tests of the message formats and of operators' templates. */
@NullMarked
package org.pgsteward.alert.message;

import org.jspecify.annotations.NullMarked;
