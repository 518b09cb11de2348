/**
 * {@code docker:} endpoints that an operator can rely on.
 *
 * <p>Why not camel-docker as it is (2026-11): its events consumer is dead for ever after the engine's first restart and
 * says nothing, keeps its stream after a stop, and asks with times in the wrong unit. So the scheme, the endpoints, the
 * options and the bodies are camel-docker's, and the client and the events consumer are ours. Writing to the engine is
 * refused where a route is loaded, because an edit of a YAML file must not be able to remove a container.
 */
@NullMarked
package org.pgsteward.camel.docker;

import org.jspecify.annotations.NullMarked;
