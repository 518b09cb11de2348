package org.pgsteward.backup.restore;

import java.io.IOException;
import java.util.Collection;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.pgsteward.postgres.Quote;

/**
 * The extensions of a dump that only an administrator may create. They are created before an object of the dump exists.
 * The owner creates the other extensions during the restore, in the schema that the dump names.
 *
 * @param schemas the schemas that were created for one of the extensions
 */
record DumpExtensions(Set<String> schemas) {
    private static final Set<String> ALWAYS_THERE = Set.of("public", "pg_catalog");

    /** A session of the administrator, for objects that only an administrator may create. */
    @FunctionalInterface
    interface Administrator {
        /**
         * Runs a statement of pgsteward's own; never a statement from a dump.
         *
         * @return the value in its only row and column; empty for none
         */
        String administer(String database, String sql) throws IOException, InterruptedException;
    }

    /** The failure of a server that does not have an extension. */
    static final class NotInstalled extends IOException {
        final String extension;

        NotInstalled(String extension) {
            super("extension " + extension + " is not installed");
            this.extension = extension;
        }
    }

    /**
     * The failure of a server that has an extension but cannot create it. For example, the extension must be loaded at
     * the server's start, or is allowed only in a database of a certain name.
     */
    static final class NotToBeMade extends IOException {
        final String extension;

        NotToBeMade(String extension, IOException cause) {
            super("cannot create extension " + extension + ": " + cause.getMessage(), cause);
            this.extension = extension;
        }

        String because() {
            return String.valueOf(getCause() == null ? null : getCause().getMessage());
        }
    }

    /**
     * Creates the extensions in an empty database.
     *
     * @param owner the owner of the database and of the schemas that are created
     * @param schemas the schema of each extension at the source; without an entry, the extension's usual schema is used
     * @param trusted whether extensions that the owner could create are created as well
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
