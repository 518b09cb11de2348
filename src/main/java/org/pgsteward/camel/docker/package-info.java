/**
 * {@code docker:} endpoints that an operator can rely on.
 *
 * <p>Why not camel-docker as it is (2026-11): after the engine's first restart its events consumer stays dead and logs
 * no error. It also keeps its stream after a stop, and sends times in the wrong unit. So the scheme, the endpoints, the
 * options and the bodies are camel-docker's; the client and the events consumer are pgsteward's. An endpoint that
 * writes to the engine is refused when its route is loaded: an edit of a YAML file must not be able to remove a
 * container.
 */
@NullMarked
package org.pgsteward.camel.docker;

import org.jspecify.annotations.NullMarked;
