/**
 * Demonstration on a machine with only a JDK, Maven and PostgreSQL's programs. It uses a throwaway cluster and recorded
 * answers of a Docker Engine; all other parts are the real ones.
 */
@NullMarked
package org.pgsteward.cli.demo;

import org.jspecify.annotations.NullMarked;
