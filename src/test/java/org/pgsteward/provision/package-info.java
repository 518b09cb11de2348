@NullMarked
package org.pgsteward.provision;

import org.jspecify.annotations.NullMarked;
