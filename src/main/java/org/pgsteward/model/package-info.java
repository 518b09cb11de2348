/**
 * The nouns of the domain: observed states, planned changes, results.
 *
 * <p>The package has records, enums, sealed types and one exception, in plain Java without I/O. All other packages
 * share these types, so none of them has to import another for a type. A type that holds a secret never prints it.
 */
@NullMarked
package org.pgsteward.model;

import org.jspecify.annotations.NullMarked;
