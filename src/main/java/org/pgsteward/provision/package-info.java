/**
 * Databases and roles: what a container asks for and what exists become a plan, and the plan is carried out.
 *
 * <ol>
 *   <li>{@link Discovery} reads a container's labels, or its application's own variables as the {@link Catalogue} has
 *       them, into a {@link Claim}. What is read is data: {@link Names} refuses what could be anything else than a name,
 *       and {@link SecretsFolder} every file but a plain one in our own folder.
 *   <li>{@link ProvisionPlan} compares the claim with what exists, and says each step with its reason.
 *   <li>{@link Provisioner} carries the steps out; run twice, the second run finds nothing to do.
 * </ol>
 */
@NullMarked
package org.pgsteward.provision;

import org.jspecify.annotations.NullMarked;
