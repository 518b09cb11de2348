/** Docker containers: which service each belongs to, what state it is in, and what memory it uses. */
@NullMarked
package org.pgsteward.containers;

import org.jspecify.annotations.NullMarked;
