package org.pgsteward.backup.restore;

import java.io.IOException;
import java.util.HexFormat;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.ThreadLocalRandom;
import org.pgsteward.backup.store.DatabaseEnvironment;
import org.pgsteward.backup.store.ResultSettings;
import org.pgsteward.postgres.Quote;
import org.pgsteward.postgres.ThrowawayCluster;

/**
 * The empty database into which a dump is restored for its verification. It resembles its source as far as this host
 * allows: encoding, locale, the roles that the dump names, and the extensions. Its administrator acts only before an
 * object of the dump exists.
 *
 * @param caveat a difference from the source that may make a restore fail; empty if there is none
 * @param schemas the schemas that exist already
 */
record ScratchDatabase(Optional<String> caveat, Set<String> schemas) {
    /**
     * The name of the database, which differs in each process. Code in a dump that knew the name could succeed here and
     * fail in every other restore.
     */
    static final String NAME =
            "proof_" + HexFormat.of().toHexDigits(ThreadLocalRandom.current().nextLong());

    /**
     * The first version that can also copy a database through its WAL, and does so by default. Nothing else writes to a
     * scratch cluster, so a copy of the files takes half of the time.
     */
    private static final int STRATEGIES = 15;

    /** @throws Unlike if this host lacks an object without which a restore cannot succeed */
    static ScratchDatabase make(
            ThrowawayCluster cluster, String role, Map<String, String> extensions, DatabaseEnvironment surroundings)
            throws IOException, InterruptedException {
        String owner = Quote.identifier(role);
        StringBuilder roles = new StringBuilder();
        Set<String> named = new TreeSet<>(surroundings.roles());
        named.remove(role);
        named.forEach(other ->
                roles.append("CREATE ROLE ").append(Quote.identifier(other)).append(";\n"));
        cluster.sql("postgres", "CREATE ROLE " + owner + " LOGIN;\n" + roles);
        Optional<String> caveat = createDatabase(cluster, owner, surroundings);
        if (!surroundings.settings().isEmpty()) {
            cluster.sql("postgres", ResultSettings.onDatabase(NAME, surroundings.assignments()) + ";");
        }
        DumpExtensions made = made(cluster, role, extensions, surroundings);
        // No object of the dump exists yet, so the privilege can stay. A restore into a live server lends it only while
        // the rows are loaded.
        new ConfigurationRows(new ScratchSite(cluster, role), NAME).lend(role, extensions.keySet());
        return new ScratchDatabase(caveat, made.schemas());
    }

    /**
     * Lets the owner create foreign servers only if it may at the source. A restore lends no more, and a dump that it
     * would refuse must not count as verified.
     *
     * @param list the output of {@code pg_restore --list}; empty while the dump is still being made, and then every
     *     wrapper of an extension is lent
     */
    static void lendWrappers(ThrowawayCluster cluster, String role, Optional<String> list)
            throws IOException, InterruptedException {
        String all = cluster.sql(NAME, "SELECT fdwname FROM pg_catalog.pg_foreign_data_wrapper;");
        for (String wrapper : all.lines().filter(name -> !name.isBlank()).toList()) {
            if (list.isEmpty() || TableOfContents.grantsWrapper(list.get(), wrapper)) {
                cluster.sql(
                        NAME,
                        "GRANT USAGE ON FOREIGN DATA WRAPPER " + Quote.identifier(wrapper) + " TO "
                                + Quote.identifier(role) + ";");
            }
        }
    }

    private static DumpExtensions made(
            ThrowawayCluster cluster, String role, Map<String, String> extensions, DatabaseEnvironment surroundings)
            throws IOException, InterruptedException {
        try {
            return DumpExtensions.make(cluster::sql, NAME, role, extensions.keySet(), surroundings.schemas(), true);
        } catch (DumpExtensions.NotInstalled e) {
            throw new Unlike("extension " + e.extension + " is not installed where backups are verified");
        } catch (DumpExtensions.NotToBeMade e) {
            throw new Unlike("cannot create extension " + e.extension + " where backups are verified: " + e.because());
        }
    }

    private static Optional<String> createDatabase(ThrowawayCluster cluster, String owner, DatabaseEnvironment like)
            throws IOException, InterruptedException {
        String create = "CREATE DATABASE " + NAME + " OWNER " + owner + " TEMPLATE template0"
                + (cluster.major() >= STRATEGIES ? " STRATEGY FILE_COPY" : "");
        try {
            cluster.sql("postgres", create + like.words() + ";");
            return Optional.empty();
        } catch (IOException unlike) {
            cluster.sql(
                    "postgres",
                    create + " ENCODING " + Quote.literal(like.encoding()) + " LC_COLLATE 'C' LC_CTYPE 'C';");
            String locale = like.locale().isEmpty() ? like.collate() : like.locale();
            return Optional.of("this host lacks the database's locale " + locale);
        }
    }

    /** The failure of a host that differs from the source. It is no evidence against the backup. */
    static final class Unlike extends IOException {
        Unlike(String message) {
            super(message);
        }
    }
}
