@NullMarked
package org.pgsteward.config;

import org.jspecify.annotations.NullMarked;
