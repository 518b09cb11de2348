/** The commands, as a person starts them. */
@NullMarked
package org.pgsteward.cli;

import org.jspecify.annotations.NullMarked;
