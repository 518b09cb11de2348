/**
 * The nouns: what we saw, what we mean to do, how it ended.
 *
 * <p>Records, enums, sealed types and one exception of plain Java without I/O, so that each room speaks of the same things and none
 * needs to import another. A noun that holds a secret never prints it.
 */
@NullMarked
package org.pgsteward.model;

import org.jspecify.annotations.NullMarked;
