/** The client of HTTP, against servers that follow a script on a real socket. */
@NullMarked
package org.pgsteward.engine.http;

import org.jspecify.annotations.NullMarked;
