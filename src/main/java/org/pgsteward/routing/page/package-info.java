/**
 * The status page: how things are, for a browser. Rendered here, without a script, so that it works in the oldest phone and
 * the strictest browser.
 */
@NullMarked
package org.pgsteward.routing.page;

import org.jspecify.annotations.NullMarked;
