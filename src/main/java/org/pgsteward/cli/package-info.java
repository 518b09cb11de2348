/** A person at a terminal: the commands, one class each. */
@NullMarked
package org.pgsteward.cli;

import org.jspecify.annotations.NullMarked;
