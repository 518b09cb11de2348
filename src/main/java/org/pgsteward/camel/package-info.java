/**
 * The only home of Apache Camel: the routes in Java, the safety net under every route, and the clients by which use cases
 * reach a route. A use case is in its capability's package and does not know Camel. An operator's edit of a YAML route
 * cannot break what is in Java.
 */
@NullMarked
package org.pgsteward.camel;

import org.jspecify.annotations.NullMarked;
