/**
 * The whole of pgsteward as an operator runs it: the shipped {@code compose.yaml} on a real engine. Each class {@code ...IT} is a
 * story. Its tests run in their order on one deployment, which {@code Story} starts before them and removes after them.
 *
 * <p>{@code Names} gives each story its own names on the engine, so stories run beside one another. {@code Checkout} lets a story
 * see no container but its own. What must hold at the end of a story is in {@code InTheEnd}.
 */
@NullMarked
package org.pgsteward.acceptance;

import org.jspecify.annotations.NullMarked;
