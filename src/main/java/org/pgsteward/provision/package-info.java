/**
 * Databases and roles: the requests of containers and the existing objects become a plan, and the plan is carried out.
 *
 * <ol>
 *   <li>{@link Discovery} reads a container's labels, or its application's own variables, into a {@link Claim}. Names
 *       are data, and {@link Names} defines the allowed ones.
 *   <li>{@link Refusals} gives the reason to refuse a claim: the names belong to another service or role, or may do so.
 *   <li>{@link ServicePlan} lists the steps from the existing objects to the request, each with its reason. {@link
 *       ServiceShape} defines a service's role and database, {@link Inside} the contents of its database, and {@link
 *       IsolationPlan} the separation of all databases.
 *   <li>{@link Carrier} carries the steps out, for one container ({@link Provisioner}) or for everything ({@link
 *       Reconcile}). A second run finds no step to do. After a run that was killed, the next run does the rest.
 *   <li>{@link Quarantine} is the only way to remove a database.
 * </ol>
 *
 * <p>A service is bound to one identity: compose's project and service, or a container's name. The row of {@code
 * service_configs} with the binding is written before anything is made. Only that identity changes the service's
 * settings.
 */
@NullMarked
package org.pgsteward.provision;

import org.jspecify.annotations.NullMarked;
