/**
 * The only home of Apache Camel: the routes in Java, the beans that the YAML routes call, the safety net, and the door
 * for HTTP.
 *
 * <p>A {@code *Desk} is the counter between a room and the routes: it takes an exchange's body, asks the room, and hands
 * a noun back. What an operator's edit of a YAML route must not be able to break is here or in the rooms, never there.
 */
@NullMarked
package org.pgsteward.routing;

import org.jspecify.annotations.NullMarked;
