package org.pgsteward.backup.restore;

import java.io.IOException;
import java.util.HexFormat;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.ThreadLocalRandom;
import org.pgsteward.backup.store.ResultSettings;
import org.pgsteward.backup.store.Surroundings;
import org.pgsteward.postgres.Quote;
import org.pgsteward.postgres.ThrowawayCluster;

/**
 * The empty database into which a dump is restored to prove it, as like its source as this host allows: encoding, locale,
 * the roles that it names, and the extensions. All that its administrator does is
 * done before anything of the dump is there.
 *
 * @param caveat what is not like the source, which may be why a restore fails; empty when nothing
 * @param schemas that are there already
 */
record ScratchDatabase(Optional<String> caveat, Set<String> schemas) {
    /**
     * Another one in each process. Code of a dump that knew the name could do well here and fail in every restore.
     */
    static final String NAME =
            "proof_" + HexFormat.of().toHexDigits(ThreadLocalRandom.current().nextLong());

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
        cluster.sql("postgres", "CREATE ROLE " + owner + " LOGIN;\n" + roles);
        Optional<String> caveat = createDatabase(cluster, owner, surroundings);
        if (!surroundings.settings().isEmpty()) {
            cluster.sql("postgres", ResultSettings.onDatabase(NAME, surroundings.assignments()) + ";");
        }
        DumpExtensions made = made(cluster, role, extensions, surroundings);
        // Where nothing of the dump is there yet; a restore into a server that lives lends it for one moment.
        new ConfigurationRows(new ScratchSite(cluster, role), NAME).lend(role, extensions.keySet());
        return new ScratchDatabase(caveat, made.schemas());
    }

    /**
     * Lets the owner describe foreign servers where he may at the source, and there alone: a restore does not lend more,
     * and what it would refuse is not called proved.
     *
     * @param list what {@code pg_restore --list} says of the dump; empty where it is still to be made, and every wrapper of
     *     an extension is lent
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
            ThrowawayCluster cluster, String role, Map<String, String> extensions, Surroundings surroundings)
            throws IOException, InterruptedException {
        try {
            return DumpExtensions.make(cluster::sql, NAME, role, extensions.keySet(), surroundings.schemas(), true);
        } catch (DumpExtensions.NotInstalled e) {
            throw new Unlike("extension " + e.extension + " is not installed where backups are proved");
        } catch (DumpExtensions.NotToBeMade e) {
            throw new Unlike("extension " + e.extension + " cannot be made where backups are proved: " + e.because());
        }
    }

    private static Optional<String> createDatabase(ThrowawayCluster cluster, String owner, Surroundings like)
            throws IOException, InterruptedException {
        String create = "CREATE DATABASE " + NAME + " OWNER " + owner + " TEMPLATE template0";
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

    /** This host is not like the source, which says nothing of the backup. */
    static final class Unlike extends IOException {
        Unlike(String message) {
            super(message);
        }
    }
}
