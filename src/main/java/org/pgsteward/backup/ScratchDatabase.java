package org.pgsteward.backup;

import java.io.IOException;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import org.pgsteward.postgres.Quote;
import org.pgsteward.postgres.ThrowawayCluster;

/**
 * The empty database into which a dump is restored to prove it, as like its source as this host allows: encoding, locale,
 * the roles that it names, and the extensions that only an administrator may make. All that its administrator does is
 * done before anything of the dump is there.
 *
 * @param caveat what is not like the source, which may be why a restore fails; empty when nothing
 * @param schemas that are there already
 */
record ScratchDatabase(Optional<String> caveat, Set<String> schemas) {
    static final String NAME = "proof";

    /** @throws Unlike when a restore need not be tried, since this host lacks something */
    static ScratchDatabase make(
            ThrowawayCluster cluster, String role, Map<String, String> extensions, Surroundings surroundings)
            throws IOException, InterruptedException {
        String owner = Quote.identifier(role);
        StringBuilder roles = new StringBuilder();
        Set<String> named = new TreeSet<>(surroundings.roles());
        named.remove(role);
        named.forEach(other ->
                roles.append("CREATE ROLE ").append(Quote.identifier(other)).append(";\n"));
        // What row security would hide from the owner, he has to see when a materialized view is filled again.
        cluster.sql("postgres", "CREATE ROLE " + owner + " LOGIN BYPASSRLS;\n" + roles);
        Optional<String> caveat = createDatabase(cluster, owner, surroundings);
        Set<String> schemas = new TreeSet<>();
        for (String extension : extensions.keySet()) {
            createExtension(cluster, extension, owner, surroundings, schemas);
        }
        if (!extensions.isEmpty()) {
            // With the wrapper of an extension, an owner may describe servers; his tables are as empty as at the
            // source.
            cluster.sql(
                    NAME,
                    "SELECT format('GRANT USAGE ON FOREIGN DATA WRAPPER %I TO %I', fdwname, " + Quote.literal(role)
                            + ") FROM pg_catalog.pg_foreign_data_wrapper \\gexec");
        }
        return new ScratchDatabase(caveat, schemas);
    }

    private static Optional<String> createDatabase(ThrowawayCluster cluster, String owner, Surroundings like)
            throws IOException, InterruptedException {
        String create = "CREATE DATABASE " + NAME + " OWNER " + owner + " TEMPLATE template0 ENCODING "
                + Quote.literal(like.encoding());
        String provider = Map.of(
                        "i", " LOCALE_PROVIDER icu ICU_LOCALE ", "b", " LOCALE_PROVIDER builtin BUILTIN_LOCALE ")
                .getOrDefault(like.provider(), "");
        try {
            cluster.sql(
                    "postgres",
                    create + " LC_COLLATE " + Quote.literal(like.collate()) + " LC_CTYPE " + Quote.literal(like.ctype())
                            + (provider.isEmpty() ? "" : provider + Quote.literal(like.locale())) + ";");
            return Optional.empty();
        } catch (IOException unlike) {
            cluster.sql("postgres", create + " LC_COLLATE 'C' LC_CTYPE 'C';");
            String locale = like.locale().isEmpty() ? like.collate() : like.locale();
            return Optional.of("this host lacks the database's locale " + locale);
        }
    }

    private static void createExtension(
            ThrowawayCluster cluster, String extension, String owner, Surroundings surroundings, Set<String> schemas)
            throws IOException, InterruptedException {
        String trusted = cluster.sql(
                NAME,
                "SELECT v.trusted FROM pg_catalog.pg_available_extensions AS e"
                        + " JOIN pg_catalog.pg_available_extension_versions AS v"
                        + " ON v.name = e.name AND v.version = e.default_version WHERE e.name = "
                        + Quote.literal(extension) + ";");
        if (trusted.isBlank()) {
            throw new Unlike("extension " + extension + " is not installed where backups are proved");
        }
        // A trusted one the owner makes himself, in the schema that the dump names.
        if (trusted.strip().equals("t")) {
            return;
        }
        String schema = surroundings.schemas().getOrDefault(extension, "public");
        if (!Set.of("public", "pg_catalog").contains(schema)) {
            schemas.add(schema);
            cluster.sql(
                    NAME, "CREATE SCHEMA IF NOT EXISTS " + Quote.identifier(schema) + " AUTHORIZATION " + owner + ";");
        }
        try {
            cluster.sql(
                    NAME,
                    "CREATE EXTENSION IF NOT EXISTS " + Quote.identifier(extension) + " SCHEMA "
                            + Quote.identifier(schema) + " CASCADE;");
        } catch (IOException e) {
            // One that has to be loaded at the server's start, or wants a database of a certain name.
            throw new Unlike("extension " + extension + " cannot be made where backups are proved: " + e.getMessage());
        }
    }

    /** This host is not like the source, which says nothing of the backup. */
    static final class Unlike extends IOException {
        Unlike(String message) {
            super(message);
        }
    }
}
