package org.pgsteward.backup.restore;

import java.io.IOException;
import java.util.Collection;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.pgsteward.postgres.Quote;

/**
 * The extensions of a dump that only an administrator may make, made before anything of it is there. The others the owner
 * makes while the dump is restored, in the schema that it names.
 *
 * @param schemas that are there already, made for one of them
 */
record DumpExtensions(Set<String> schemas) {
    private static final Set<String> ALWAYS_THERE = Set.of("public", "pg_catalog");

    /** Whoever may make what only he may make. */
    @FunctionalInterface
    interface Administrator {
        /**
         * Runs a statement of ours; never anything that a dump holds.
         *
         * @return the value of its one row and column; empty for none
         */
        String administer(String database, String sql) throws IOException, InterruptedException;
    }

    /** The server does not have it. */
    static final class NotInstalled extends IOException {
        final String extension;

        NotInstalled(String extension) {
            super("extension " + extension + " is not installed");
            this.extension = extension;
        }
    }

    /** The server has it and cannot make it: one to be loaded at its start, or for a database of a certain name only. */
    static final class NotToBeMade extends IOException {
        final String extension;

        NotToBeMade(String extension, IOException cause) {
            super("extension " + extension + " cannot be made: " + cause.getMessage(), cause);
            this.extension = extension;
        }

        String because() {
            return String.valueOf(getCause() == null ? null : getCause().getMessage());
        }
    }

    /**
     * Makes them in an empty database.
     *
     * @param owner of the database, and of the schemas that are made
     * @param schemas in which they are at the source, by extension; where it is not known, the usual one
     * @param trusted whether those are made as well that the owner could make
     */
    static DumpExtensions make(
            Administrator site,
            String database,
            String owner,
            Collection<String> extensions,
            Map<String, String> schemas,
            boolean trusted)
            throws IOException, InterruptedException {
        Set<String> made = new TreeSet<>();
        for (String extension : extensions) {
            String known = site.administer(
                    database,
                    "SELECT v.trusted FROM pg_catalog.pg_available_extensions AS e"
                            + " JOIN pg_catalog.pg_available_extension_versions AS v"
                            + " ON v.name = e.name AND v.version = e.default_version WHERE e.name = "
                            + Quote.literal(extension) + ";");
            if (known.isBlank()) {
                throw new NotInstalled(extension);
            }
            if (known.strip().equals("t") && !trusted) {
                continue;
            }
            String schema = schemas.getOrDefault(extension, "");
            if (!schema.isEmpty() && !ALWAYS_THERE.contains(schema)) {
                made.add(schema);
                site.administer(
                        database,
                        "CREATE SCHEMA IF NOT EXISTS " + Quote.identifier(schema) + " AUTHORIZATION "
                                + Quote.identifier(owner) + ";");
            }
            try {
                site.administer(
                        database,
                        "SET search_path = public; CREATE EXTENSION IF NOT EXISTS " + Quote.identifier(extension)
                                + (schema.isEmpty() ? "" : " SCHEMA " + Quote.identifier(schema)) + " CASCADE;");
            } catch (IOException e) {
                throw new NotToBeMade(extension, e);
            }
        }
        return new DumpExtensions(made);
    }
}
