package org.pgsteward.backup.verify;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.UUID;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.pgsteward.backup.store.Manifest;
import org.pgsteward.model.Count;
import org.pgsteward.postgres.ClientProgram;
import org.pgsteward.postgres.DatabaseEncoding;
import org.pgsteward.postgres.Programs;
import org.pgsteward.postgres.ThrowawayCluster;
import org.pgsteward.postgres.UnprivilegedUser;

/**
 * Verifies a base backup by starting it.
 *
 * <ol>
 *   <li>The backup is unpacked into the scratch folder, and the stored file is hashed on the way.
 *   <li>{@code pg_verifybackup} compares every file with the manifest of the server, and reads the WAL.
 *   <li>A server starts on the copy, recovers until it is consistent, and accepts connections. None of the copy's own
 *       settings is in force, so it neither archives nor subscribes, loads no library and listens to no network.
 *   <li>The daemon connects to every database and reads every table from end to end. No table may have fewer rows than
 *       it had throughout the backup.
 * </ol>
 *
 * <p>If this host lacks a locale, the version, a library or room, the backup cannot be verified here, but it has not
 * failed.
 */
final class BaseVerification implements AutoCloseable {
    /** Bytes that recovery may write beside the unpacked files: two WAL segments of 16 MiB and a reserve. */
    private static final long FOR_RECOVERY = 64L * 1024 * 1024;

    /**
     * The query that lists the databases of the copy. Names are in hexadecimal, because a name may contain a line break
     * or the separator of columns.
     */
    private static final String DATABASES = """
            SELECT pg_catalog.encode(pg_catalog.convert_to(pg_catalog.quote_ident(datname) || '.', 'UTF8'), 'hex'),
                   pg_catalog.encode(pg_catalog.convert_to(datname, 'UTF8'), 'hex'),
                   CASE WHEN {convertible}
                        THEN '' ELSE pg_catalog.pg_encoding_to_char(encoding) END
              FROM pg_catalog.pg_database AS d
             WHERE datallowconn AND datconnlimit <> -2
             ORDER BY 1;
            """.replace("{convertible}", DatabaseEncoding.CONVERTIBLE);

    /**
     * The role that counts the rows. Reading a table can run functions of its owner, and functions that run as a
     * superuser could start programs on this host.
     */
    private static final String COUNTER = "pgsteward_count_of_a_copy";

    /**
     * The statements that create the counting role and let it connect to every database. They reset the settings of all
     * roles and databases and the connection limits of all databases. That is safe, since the copy is discarded.
     */
    private static final String MAKE_COUNTER = "DROP ROLE IF EXISTS " + COUNTER + ";\nCREATE ROLE " + COUNTER
            + " LOGIN BYPASSRLS IN ROLE pg_read_all_data;\nALTER ROLE ALL RESET ALL;\n"
            + "SELECT pg_catalog.format('ALTER DATABASE %1$I RESET ALL; ALTER DATABASE %1$I CONNECTION LIMIT -1;"
            + " GRANT CONNECT ON DATABASE %1$I TO " + COUNTER + "', datname)"
            + " FROM pg_catalog.pg_database WHERE datallowconn AND datconnlimit <> -2 \\gexec\n";

    /**
     * The statements that hide the indexes and extended statistics of a database from the planner. To plan a count,
     * PostgreSQL runs functions in their expressions. Such a function of an owner could fail the verification of the
     * whole cluster.
     */
    private static final String WITHOUT_EXPRESSIONS =
            "UPDATE pg_catalog.pg_class SET relhasindex = false WHERE relkind IN ('r', 'm') AND oid >= 16384"
                    + " AND relhasindex;\nDELETE FROM pg_catalog.pg_statistic_ext;\n";

    /** The messages of a server, untranslated, that report a lack of this host and not a fault of the backup. */
    private static final Pattern OF_THIS_HOST = Pattern.compile("database locale is incompatible"
            + "|not recognized by setlocale|could not create locale|could not open collator|collation provider"
            + "|could not access file|could not load library|not supported by this build|not supported by build"
            + "|database files are incompatible with server|No space left on device|Cannot allocate memory"
            + "|could not map anonymous shared memory|could not create shared memory segment|Disk quota exceeded");

    private static final Pattern WORST = Pattern.compile("(?:FATAL|PANIC|ERROR): .*?(?=; \\d{4}-\\d\\d-|$)");

    private final Programs programs;
    private final UnprivilegedUser user;
    private final Path folder;
    private final Untar archive;

    private BaseVerification(Programs programs, UnprivilegedUser user, Path folder, long most) {
        this.programs = programs;
        this.user = user;
        this.folder = folder;
        this.archive = new Untar(folder.resolve("data"), user, most);
    }

    /**
     * Creates the folder of a verification in {@code scratch}, and checks that the disk has room.
     *
     * @param major the major version of the server that the backup comes from
     * @param bytes the size of the unpacked backup in bytes, exact or approximate
     * @param most the limit of the archive in bytes
     * @throws CannotTell if this host cannot verify the backup
     */
    static BaseVerification begin(
            Path scratch, Optional<Path> bindir, UnprivilegedUser user, int major, long bytes, long most)
            throws CannotTell {
        Programs programs = programs(bindir, major);
        Path folder = scratch.resolve(UUID.randomUUID().toString());
        boolean begun = false;
        try {
            user.enterable(scratch);
            user.own(folder);
            long free = Files.getFileStore(folder).getUsableSpace();
            if (free < bytes + FOR_RECOVERY) {
                throw new CannotTell(
                        "the unpacked base backup needs " + (bytes + FOR_RECOVERY) + " bytes, but " + scratch + " has "
                                + free + " free; free space, or set pgsteward.scratch.dir to a larger disk");
            }
            user.own(folder.resolve("data"));
            BaseVerification verification = new BaseVerification(programs, user, folder, most);
            begun = true;
            return verification;
        } catch (CannotTell e) {
            throw e;
        } catch (IOException e) {
            throw new CannotTell("cannot unpack the base backup: " + e.getMessage(), e);
        } finally {
            if (!begun) {
                ThrowawayCluster.remove(folder);
            }
        }
    }

    private static Programs programs(Optional<Path> bindir, int major) throws CannotTell {
        Programs programs;
        try {
            programs = Programs.find(bindir, major);
        } catch (IOException e) {
            throw new CannotTell(String.valueOf(e.getMessage()), e);
        }
        for (String program : List.of("pg_verifybackup", "pg_waldump", "pg_controldata", "postgres")) {
            if (!Files.isExecutable(programs.path(program))) {
                throw new CannotTell("there is no " + program + " in " + programs.directory() + "; install postgresql-"
                        + programs.major());
            }
        }
        return programs;
    }

    /**
     * Returns the stream that unpacks the archive of {@code pg_basebackup}. The caller closes it after the last byte.
     */
    OutputStream archive() {
        return archive;
    }

    /**
     * Verifies the backup after it was unpacked.
     *
     * @return the databases that were not read, one line each, with the reason
     * @throws CannotTell if this host cannot verify the backup
     * @throws IOException if the backup differs from its manifest, or does not start
     */
    List<String> verify(Manifest manifest) throws IOException, InterruptedException {
        ClientProgram.run(
                user,
                List.of(
                        programs.path("pg_verifybackup").toString(),
                        "--exit-on-error",
                        "--quiet",
                        folder.resolve("data").toString()),
                Map.of(),
                "");
        return start(manifest);
    }

    @Override
    public void close() {
        archive.letGo();
        ThrowawayCluster.remove(folder);
    }

    private List<String> start(Manifest manifest) throws IOException, InterruptedException {
        try (ThrowawayCluster cluster = ThrowawayCluster.ofCopy(
                programs, user, folder, manifest.source().owner())) {
            return compare(cluster, manifest.contents().rows());
        } catch (IOException e) {
            String said = worst(String.valueOf(e.getMessage()));
            if (OF_THIS_HOST.matcher(said).find()) {
                throw new CannotTell("this host cannot start the base backup: " + said, e);
            }
            throw new IOException(said, e);
        }
    }

    private static List<String> compare(ThrowawayCluster cluster, Map<String, Long> expected)
            throws IOException, InterruptedException {
        Map<String, Long> left = new TreeMap<>(expected);
        List<String> fewer = new ArrayList<>();
        List<String> unread = new ArrayList<>();
        cluster.sqlInCopy("postgres", MAKE_COUNTER);
        for (String line : cluster.sqlInCopy("postgres", DATABASES)
                .lines()
                .filter(text -> !text.isBlank())
                .toList()) {
            String[] columns = line.split("\\|", -1);
            String prefix = ofDigits(columns[0]);
            String database = ofDigits(columns[1]);
            String encoding = columns[2];
            if (!encoding.isEmpty()) {
                left.keySet().removeIf(table -> table.startsWith(prefix));
                unread.add("database " + database + " was not read: PostgreSQL has no conversion between its encoding "
                        + encoding + " and UTF8");
                continue;
            }
            List<String> tables = left.keySet().stream()
                    .filter(table -> table.startsWith(prefix))
                    .toList();
            cluster.sqlInCopy(database, WITHOUT_EXPRESSIONS);
            StringBuilder counting =
                    new StringBuilder(ThrowawayCluster.TABLES_ONLY + "SELECT -1, count(*) FROM pg_catalog.pg_class;\n");
            for (int i = 0; i < tables.size(); i++) {
                counting.append("SELECT ")
                        .append(i)
                        .append(", count(*) FROM ONLY ")
                        .append(tables.get(i).substring(prefix.length()))
                        .append(";\n");
            }
            for (String counted : cluster.sqlInCopyAs(COUNTER, database, counting.toString())
                    .lines()
                    .skip(1)
                    .toList()) {
                String table = tables.get(Integer.parseInt(counted.substring(0, counted.indexOf('|'))));
                long has = Long.parseLong(counted.substring(counted.indexOf('|') + 1));
                Long had = left.remove(table);
                if (had != null && has < had) {
                    fewer.add(table + " has " + Count.words(has, "row") + " instead of at least "
                            + String.format(Locale.ROOT, "%,d", had));
                }
            }
        }
        if (!fewer.isEmpty()) {
            throw new IOException(String.join("; ", fewer));
        }
        if (!left.isEmpty()) {
            throw new IOException("missing in the base backup: " + String.join(", ", left.keySet()));
        }
        return unread;
    }

    private static String ofDigits(String hex) {
        return new String(HexFormat.of().parseHex(hex), StandardCharsets.UTF_8);
    }

    /** Returns the last error in a server's log; the whole log if it has no error. */
    private static String worst(String said) {
        Matcher worst = WORST.matcher(said);
        String last = "";
        while (worst.find()) {
            last = worst.group();
        }
        return last.isEmpty() ? said : last;
    }
}
