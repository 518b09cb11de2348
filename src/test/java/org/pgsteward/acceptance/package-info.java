/**
 * Tests of the whole of pgsteward as an operator runs it: the shipped {@code compose.yaml} on a real engine. Each class
 * {@code ...IT} is a story. Its tests run in their order on one deployment. {@code Story} starts it before them and
 * removes it after them.
 *
 * <p>{@code Names} gives each story its own names on the engine, so stories run in parallel. {@code Checkout} shows a
 * story only its own containers. {@code InTheEnd} has the conditions that hold at the end of every story.
 */
@NullMarked
package org.pgsteward.acceptance;

import org.jspecify.annotations.NullMarked;
