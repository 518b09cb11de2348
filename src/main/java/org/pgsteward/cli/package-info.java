/** The commands of an operator at a terminal, one class each. */
@NullMarked
package org.pgsteward.cli;

import org.jspecify.annotations.NullMarked;
