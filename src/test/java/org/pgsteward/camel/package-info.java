@NullMarked
package org.pgsteward.camel;

import org.jspecify.annotations.NullMarked;
