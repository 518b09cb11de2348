@NullMarked
package org.pgsteward.doctor;

import org.jspecify.annotations.NullMarked;
