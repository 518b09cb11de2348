@NullMarked
package org.pgsteward.overview;

import org.jspecify.annotations.NullMarked;
