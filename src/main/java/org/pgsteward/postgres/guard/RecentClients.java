package org.pgsteward.postgres.guard;

import java.util.LinkedHashMap;
import java.util.Map;

/**
 * The most recent sessions, by process ID. Their number is limited, since an application may open a session for each
 * request.
 */
final class RecentClients {
    static final int MOST = 2000;

    private final Map<Integer, ServerGuard.Client> clients = new LinkedHashMap<>();

    synchronized void see(int pid, ServerGuard.Client client) {
        clients.remove(pid);
        clients.put(pid, client);
        if (clients.size() > MOST) {
            clients.remove(clients.keySet().iterator().next());
        }
    }

    synchronized Map<Integer, ServerGuard.Client> copy() {
        return Map.copyOf(clients);
    }
}
