/**
 * Checks of route files: what is wrong, in which line, and what to write instead. They need no running daemon. {@link
 * org.pgsteward.camel.lint.FormRule} looks at the text alone; {@link org.pgsteward.camel.lint.RouteCheck} also builds each
 * route in a context to throw away, of which nothing is started. Begin with {@code RouteCheck}.
 */
@NullMarked
package org.pgsteward.camel.lint;

import org.jspecify.annotations.NullMarked;
