/** The whole of pgsteward as an operator runs it: the shipped {@code compose.yaml} on a real engine. */
@NullMarked
package org.pgsteward.acceptance;

import org.jspecify.annotations.NullMarked;
