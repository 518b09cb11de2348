package org.pgsteward.backup.retention;

import java.util.Optional;
import java.util.Set;

/** The retention policies in the route file: the usual one, and those of single services. */
public interface ServicePolicies {
    /**
     * Returns the policy of services without one of their own.
     *
     * @throws IllegalArgumentException if it is not set
     */
    RetentionPolicy usual();

    /** Returns the policy that the route file has for a service; empty if it has none. */
    Optional<RetentionPolicy> own(String service);

    /** Returns the services for which the route file has a policy. */
    Set<String> services();
}
