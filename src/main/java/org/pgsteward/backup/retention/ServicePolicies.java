package org.pgsteward.backup.retention;

import java.util.Optional;
import java.util.Set;

/** How many backups are kept, of all services and of each by itself, as the route file has it. */
public interface ServicePolicies {
    /**
     * Returns the policy of a service that has no other.
     *
     * @throws IllegalArgumentException if it is not set
     */
    RetentionPolicy usual();

    /** Returns the policy that the route file has for a service; empty where it has none. */
    Optional<RetentionPolicy> own(String service);

    /** Returns the services for which the route file has a policy. */
    Set<String> services();
}
