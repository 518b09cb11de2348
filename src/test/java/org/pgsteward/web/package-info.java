@NullMarked
package org.pgsteward.web;

import org.jspecify.annotations.NullMarked;
