@NullMarked
package org.pgsteward.diagnosis;

import org.jspecify.annotations.NullMarked;
