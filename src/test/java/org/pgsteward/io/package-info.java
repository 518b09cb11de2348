@NullMarked
package org.pgsteward.io;

import org.jspecify.annotations.NullMarked;
