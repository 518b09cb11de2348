package org.pgsteward.monitor;

import java.util.Map;
import java.util.Optional;
import org.pgsteward.model.Console;

/**
 * Who holds most of the connections to a PostgreSQL that lets nobody in, logged in or not.
 *
 * @param address from which they come
 * @param container that has the address; empty for none
 * @param connections from there
 * @param all that the server has
 */
record Crowd(String address, Optional<String> container, int connections, int all) {
    /** So many connections are no service's ordinary pool. */
    private static final int MANY = 20;

    /**
     * Empty where no address has many.
     *
     * @param connections by address
     * @param containers by address
     */
    static Optional<Crowd> of(Map<String, Integer> connections, Map<String, String> containers) {
        int all = connections.values().stream().mapToInt(Integer::intValue).sum();
        return connections.entrySet().stream()
                .max(Map.Entry.comparingByValue())
                .filter(most -> most.getValue() >= MANY)
                .map(most -> new Crowd(
                        most.getKey(), Optional.ofNullable(containers.get(most.getKey())), most.getValue(), all));
    }

    /** Such as {@code container wiki (172.18.0.5) holds 244 of its 250 connections}. */
    String words() {
        return container.map(name -> "container " + name + " (" + address + ")").orElse(address) + " holds "
                + connections + " of its " + all + " connections, logged in or not";
    }

    /** The lines to paste. */
    String remedy() {
        return container
                .map(name -> "docker stop " + Console.word(name)
                        + "   # ends its connections; then look why it opens so many")
                .orElseGet(() -> "# Stop the program at " + address
                        + " that opens so many connections: no container has this address.");
    }
}
