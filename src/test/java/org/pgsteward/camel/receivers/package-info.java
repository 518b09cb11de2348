/** Tests of the shipped routes with real receivers. */
@NullMarked
package org.pgsteward.camel.receivers;

import org.jspecify.annotations.NullMarked;
