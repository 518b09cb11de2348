/**
 * Edits of route files that cannot hurt: all files are one set, which is checked in a throw-away context before anything
 * of it runs ({@link org.pgsteward.camel.lint}), and of which only what changed is swapped.
 *
 * <p>Why not Camel's own reload (measured on 4.18, 2026-11): one bad file can leave no route at all, an unknown component
 * removes the route that ran, and stopping a route that works waits and then interrupts it. Here what is under way ends
 * on the old definition, beside the new one.
 */
@NullMarked
package org.pgsteward.camel.edit;

import org.jspecify.annotations.NullMarked;
