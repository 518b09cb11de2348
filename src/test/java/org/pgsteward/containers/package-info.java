@NullMarked
package org.pgsteward.containers;

import org.jspecify.annotations.NullMarked;
