/** Tests of the docker: endpoints. */
@NullMarked
package org.pgsteward.routing.docker;

import org.jspecify.annotations.NullMarked;
