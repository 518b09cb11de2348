@NullMarked
package org.pgsteward.camel.lint;

import org.jspecify.annotations.NullMarked;
