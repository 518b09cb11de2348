/** Tests of the docker: endpoints. */
@NullMarked
package org.pgsteward.camel.docker;

import org.jspecify.annotations.NullMarked;
