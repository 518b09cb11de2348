package org.pgsteward.monitor;

import java.time.Instant;
import java.util.List;
import java.util.Optional;
import org.pgsteward.model.Console;

/**
 * The readings of one round in the catalogs of all databases. A round connects to each database, so it is rare.
 *
 * @param databases all databases, templates too
 */
public record CatalogObservation(Instant at, Console console, List<Database> databases) implements Observation {
    public CatalogObservation {
        databases = List.copyOf(databases);
    }

    /**
     * One database.
     *
     * @param service the database's service; its own name where it has none
     * @param open whether it accepts connections
     * @param collation the version of its collation when its indexes were made; empty for C and for musl
     * @param actualCollation the version of the collation that PostgreSQL uses now
     * @param contents empty if they were never read
     */
    public record Database(
            String service,
            String name,
            boolean open,
            Optional<String> collation,
            Optional<String> actualCollation,
            Optional<Contents> contents) {
        /** Returns whether its text indexes may have another order than PostgreSQL uses now. */
        boolean hasOtherCollation() {
            return open && collation.isPresent() && !collation.equals(actualCollation);
        }

        /** Returns the number of its own collations with another version. */
        int otherCollations() {
            return open ? contents.map(Contents::collations).orElse(0) : 0;
        }
    }

    /**
     * The contents of one database.
     *
     * @param sequences those with the largest share of used values, the largest first
     * @param collations the number of collations that an object uses and whose version changed
     */
    public record Contents(List<Sequence> sequences, int collations) {
        static final Contents NONE = new Contents(List.of(), 0);

        public Contents {
            sequences = List.copyOf(sequences);
        }
    }

    /**
     * A sequence, with the column that takes its values. If several columns do, it is the one with the smallest type.
     *
     * @param percent the share of its values that are used
     * @param last its last value
     * @param end the last value that it can have, and its column can store
     * @param isAscending whether {@code end} is the largest value, not the smallest
     * @param isWide whether the sequence itself can have all values of a {@code bigint}
     */
    public record Sequence(
            String schema,
            String name,
            Optional<Column> column,
            double percent,
            long last,
            long end,
            boolean isAscending,
            boolean isWide) {}

    /** @param type {@code smallint}, {@code integer}, or another type, which limits no sequence */
    public record Column(String schema, String table, String name, String type) {
        boolean isNarrow() {
            return type.equals("smallint") || type.equals("integer");
        }
    }
}
