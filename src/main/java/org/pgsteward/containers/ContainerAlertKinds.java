package org.pgsteward.containers;

/** Kinds of alerts about one container. The subject of such an alert is the container's name, not its service's. */
public final class ContainerAlertKinds {
    /** A container that asks for a role or a database that it cannot have. */
    public static final String REFUSED = "enrolment-refused";

    /** A container that is not on a network that it needs. */
    public static final String NETWORK = "network-missing";

    /** A container with a host name or a port that does not lead to PostgreSQL. */
    public static final String UNREACHABLE = "database-unreachable";

    /** A container that names PostgreSQL in its variables and cannot be enrolled from them. */
    public static final String NOT_ENROLLED = "not-enrolled";

    private ContainerAlertKinds() {}
}
