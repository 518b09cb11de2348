/** Tests of the commands, as an operator starts them. */
@NullMarked
package org.pgsteward.cli;

import org.jspecify.annotations.NullMarked;
