/**
 * Targets of copies as routes: {@link org.pgsteward.camel.copies.CopyRoutes} finds them, {@link
 * org.pgsteward.camel.copies.RoutePlace} sends messages to them, and {@link org.pgsteward.camel.copies.CopyComponent} carries
 * out the operations of the shipped kinds.
 */
@NullMarked
package org.pgsteward.camel.copies;

import org.jspecify.annotations.NullMarked;
