/**
 * The HTTP server: the status page, the pages of services, the health checks and the metrics. The pages have no script,
 * so every browser shows them.
 */
@NullMarked
package org.pgsteward.web;

import org.jspecify.annotations.NullMarked;
