package org.pgsteward.containers;

/** Kinds of alerts about one container, which are raised under the name of the container and not of its service. */
public final class ContainerAlerts {
    /** Asks for a role or a database that it cannot have. */
    public static final String REFUSED = "enrolment-refused";

    /** Is not on a network that it needs. */
    public static final String NETWORK = "network-missing";

    /** Has a host name or a port that does not lead to PostgreSQL. */
    public static final String UNREACHABLE = "database-unreachable";

    /** Has variables for a database that pgsteward does not know. */
    public static final String NOT_ENROLLED = "not-enrolled";

    private ContainerAlerts() {}
}
