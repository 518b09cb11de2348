package org.pgsteward.postgres.guard;

import java.util.List;

/**
 * The private memory of a role.
 *
 * @param growth bytes that are new
 * @param sessions the largest first
 */
record RoleMemory(String role, long bytes, long growth, List<ServerMemory.Session> sessions) {
    boolean isOrdinary() {
        return sessions.stream().noneMatch(ServerMemory.Session::superuser);
    }

    /** Returns the weight of the role as the cause of a shortage: new memory counts twice. */
    long blame() {
        return bytes + growth;
    }
}
