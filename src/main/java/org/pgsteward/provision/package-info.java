/**
 * Databases and roles: what containers ask for and what exists become a plan, and the plan is carried out.
 *
 * <ol>
 *   <li>{@link Discovery} reads a container's labels, or its application's own variables, into a {@link Claim}; names are
 *       data, and {@link Names} says which are names at all.
 *   <li>{@link Refusals} says why a claim cannot be had: the names are somebody else's, or may be.
 *   <li>{@link ServicePlan} says each step from what exists to what is asked for, with its reason; {@link ServiceShape} is
 *       what a service's role and database should be like, {@link Inside} what its database should hold, and {@link
 *       IsolationPlan} what keeps all databases apart.
 *   <li>{@link Carrier} carries the steps out, for one container ({@link Provisioner}) or for everything ({@link
 *       Reconcile}); run twice, the second run finds nothing to do, and killed half-way, the next run does the rest.
 *   <li>{@link Quarantine} is the only way to take a database away.
 * </ol>
 *
 * <p>A service is bound to one identity, compose's project and service or a container's name, in the row of {@code
 * service_configs} that is written before anything is made. Only that identity changes its settings.
 */
@NullMarked
package org.pgsteward.provision;

import org.jspecify.annotations.NullMarked;
