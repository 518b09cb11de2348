@NullMarked
package org.pgsteward.camel.edit;

import org.jspecify.annotations.NullMarked;
