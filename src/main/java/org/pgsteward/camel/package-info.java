/**
 * The only package with Apache Camel: the routes in Java, the error handling under every route, and the clients through
 * which use cases send to a route. A use case is in its capability's package and has no dependency on Camel. An
 * operator's edit of a YAML route cannot break the Java routes.
 */
@NullMarked
package org.pgsteward.camel;

import org.jspecify.annotations.NullMarked;
