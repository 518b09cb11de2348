package org.pgsteward.backup;

import java.io.IOException;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.LongConsumer;
import java.util.regex.Pattern;
import org.pgsteward.postgres.ClientProgram;
import org.pgsteward.postgres.Quote;

/**
 * Restores a dump with the rights that the owner of its database has, and no more.
 *
 * <p>A dump is hostile input: what it holds runs while it is restored, and run by a superuser it can start programs;
 * neither {@code --role} nor {@code SET SESSION AUTHORIZATION} keeps it from becoming again who logged in. So the
 * administrator makes the database and the extensions that only he may make, and everything else comes over a connection
 * of a plain role.
 */
final class OwnersRestore {
    /** What a plain role does in full or not at all; rights and comments follow by themselves where they are wanted. */
    static final List<String> OPTIONS = List.of(
            "--exit-on-error",
            "--no-owner",
            "--no-privileges",
            "--no-comments",
            "--no-security-labels",
            "--no-tablespaces",
            "--no-publications",
            "--no-subscriptions");

    /** PostgreSQL's words where a plain role may not; its messages come untranslated. */
    private static final Pattern WANTS_MORE_RIGHTS =
            Pattern.compile("permission denied|must be superuser|must be owner|must have privileges|[Oo]nly superuser"
                    + "|password is required|query would be affected by row-level security");

    private final RestoreSite site;
    private final String database;

    OwnersRestore(RestoreSite site, String database) {
        this.site = site;
        this.database = database;
    }

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

    /** It holds something that the owner of a database may not make. */
    static final class BeyondTheOwner extends IOException {
        BeyondTheOwner(String message, Throwable cause) {
            super(message, cause);
        }
    }

    /**
     * Makes those that only the administrator may make. The others the owner makes himself while he restores, in the
     * schema that the dump names.
     *
     * @return the extension that the server lacks, when it lacks one
     */
    static Optional<String> createExtensions(Administrator site, Set<String> extensions, String database)
            throws IOException, InterruptedException {
        for (String extension : extensions) {
            String trusted = site.administer(
                    database,
                    "SELECT v.trusted FROM pg_catalog.pg_available_extensions AS e"
                            + " JOIN pg_catalog.pg_available_extension_versions AS v"
                            + " ON v.name = e.name AND v.version = e.default_version WHERE e.name = "
                            + Quote.literal(extension) + ";");
            if (trusted.isBlank()) {
                return Optional.of(extension);
            }
            if ("f".equals(trusted.strip())) {
                site.administer(
                        database,
                        "SET search_path = public; CREATE EXTENSION IF NOT EXISTS " + Quote.identifier(extension)
                                + " CASCADE;");
            }
        }
        return Optional.empty();
    }

    /** Whether a restore failed because it asked for what the owner may not do. */
    static boolean wantsMoreRights(IOException failed) {
        return WANTS_MORE_RIGHTS.matcher(String.valueOf(failed.getMessage())).find();
    }

    /**
     * Restores all of it but rights and comments.
     *
     * @param poured told how many bytes of the dump have been handed over
     * @throws BeyondTheOwner when it holds something that the owner may not make
     */
    void pour(StoredFile file, LongConsumer poured) throws IOException, InterruptedException {
        try (ClientProgram program = site.restoring(database, OPTIONS)) {
            file.pourInto(program, poured);
        } catch (IOException e) {
            if (wantsMoreRights(e)) {
                throw new BeyondTheOwner(
                        "it holds what only a superuser may restore, which nothing of a dump ever is: "
                                + e.getMessage(),
                        e);
            }
            throw e;
        }
    }
}
