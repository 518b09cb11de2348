/**
 * The whole job on a machine with nothing but a JDK, Maven and PostgreSQL's programs: a throwaway cluster, recorded
 * answers of a Docker Engine, and everything else as it runs in earnest.
 */
@NullMarked
package org.pgsteward.cli.demo;

import org.jspecify.annotations.NullMarked;
