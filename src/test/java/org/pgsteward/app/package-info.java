@NullMarked
package org.pgsteward.app;

import org.jspecify.annotations.NullMarked;
