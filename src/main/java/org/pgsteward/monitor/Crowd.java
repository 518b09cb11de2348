package org.pgsteward.monitor;

import java.util.Map;
import java.util.Optional;
import org.pgsteward.model.Console;

/**
 * The client with the most connections to a PostgreSQL that accepts no more. A connection counts whether it is logged
 * in or not.
 *
 * @param address the client's address
 * @param container the container with this address; empty for none
 * @param connections the number of connections from this address
 * @param all the number of all connections of the server
 */
record Crowd(String address, Optional<String> container, int connections, int all) {
    /** The smallest number of connections that no service's ordinary pool has. */
    private static final int MANY = 20;

    /**
     * Returns the client with the most connections; empty where no address has many.
     *
     * @param connections the number of connections by address
     * @param containers the containers by address
     */
    static Optional<Crowd> of(Map<String, Integer> connections, Map<String, String> containers) {
        int all = connections.values().stream().mapToInt(Integer::intValue).sum();
        return connections.entrySet().stream()
                .max(Map.Entry.comparingByValue())
                .filter(most -> most.getValue() >= MANY)
                .map(most -> new Crowd(
                        most.getKey(), Optional.ofNullable(containers.get(most.getKey())), most.getValue(), all));
    }

    /** Returns a text such as {@code container wiki (172.18.0.5) holds 244 of its 250 connections}. */
    String words() {
        return container.map(name -> "container " + name + " (" + address + ")").orElse(address) + " holds "
                + connections + " of its " + all + " connections, with or without a login";
    }

    /** Returns the lines to paste. */
    String remedy() {
        return container
                .map(name -> "docker stop " + Console.word(name)
                        + "   # ends its connections; then find the reason for so many connections")
                .orElseGet(() -> "# Stop the program at " + address
                        + " that opens so many connections; no container has this address.");
    }
}
