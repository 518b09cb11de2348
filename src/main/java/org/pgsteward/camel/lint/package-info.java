/**
 * Checks of route files. Each fault is reported with its line and a suggested correction. The checks need no running
 * daemon. {@link org.pgsteward.camel.lint.FormRule} checks the text alone. {@link org.pgsteward.camel.lint.RouteCheck}
 * also builds each route in a temporary context, which is never started. Start reading at {@code RouteCheck}.
 */
@NullMarked
package org.pgsteward.camel.lint;

import org.jspecify.annotations.NullMarked;
