/**
 * Provisioning of databases and roles: the claims of containers and the present state become a plan, which is carried out.
 *
 * <ol>
 *   <li>{@link Discovery} reads a {@link Claim} from a container's labels and variables; {@link ClaimReader} reads the
 *       claims of all containers. {@link Names} refuses illegal names.
 *   <li>{@link ClusterReading} reads the roles, databases and services that exist.
 *   <li>{@link Refusals} refuses claims to objects that belong to another service, or may.
 *   <li>{@link ServicePlan} plans each step with its reason. {@link DesiredService} is the desired role and database, {@link
 *       ManagementAccess} the role's privileges in the management database, {@link DatabaseContents} the desired contents of the
 *       database, and {@link IsolationPlan} separates all databases.
 *   <li>{@link StepRunner} carries the steps out, for one container ({@link Provisioner}) or for all services ({@link
 *       Reconcile}). A second run finds no step; after a run that was killed, the next run does the others. A
 *       reconcile connects only to databases that are in another state than at their last check ({@link CheckedDatabases}).
 *   <li>Only {@link Quarantine} removes a database.
 * </ol>
 *
 * <p>A service is bound to one identity: the project and service of compose, or a container's name. The binding is written to
 * {@code service_configs} before any object is created. Only that identity changes the service.
 */
@NullMarked
package org.pgsteward.provision;

import org.jspecify.annotations.NullMarked;
