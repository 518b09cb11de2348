@NullMarked
package org.pgsteward.routing.page;

import org.jspecify.annotations.NullMarked;
