/**
 * The HTTP server: the status page, the health checks and the metrics. The page has no script, so every browser shows
 * it.
 */
@NullMarked
package org.pgsteward.web;

import org.jspecify.annotations.NullMarked;
