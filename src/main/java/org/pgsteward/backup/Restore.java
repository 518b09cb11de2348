package org.pgsteward.backup;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Pattern;
import org.pgsteward.model.BackupKind;
import org.pgsteward.postgres.Programs;
import org.pgsteward.postgres.Quote;
import org.pgsteward.postgres.Server;
import org.pgsteward.postgres.UnprivilegedUser;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Restores a stored dump into the managed server.
 *
 * <ol>
 *   <li>The file's hash is compared before anything is touched.
 *   <li>A database under a name of its own, that nobody else may connect to, and a {@link Guest} who fills it: nothing of
 *       a dump runs as the administrator.
 *   <li>Every table's rows are counted and compared with the manifest, and everything in it is the owner's.
 *   <li>Only then does it get its name, in one statement, or by {@link Swap} the place of the live one.
 * </ol>
 *
 * <p>Whatever fails before the last step leaves everything as it was; what a killed run leaves, the next removes.
 */
public final class Restore {
    private static final Logger LOG = LoggerFactory.getLogger(Restore.class);

    /** One restore at a time on a server that has little memory. */
    private static final String LOCK = "_restore";

    private static final int LONGEST_NAME = 63;

    /** As {@code format('%I.%I')} writes it; a manifest is a file that somebody may have written to. */
    private static final Pattern TABLE =
            Pattern.compile("(\"([^\"\\x00]|\"\")+\"|[a-z_][a-z0-9_]*)\\.(\"([^\"\\x00]|\"\")+\"|[a-z_][a-z0-9_]*)");

    /** Whether a role is nothing but a role: whoever acts as it can then become nothing more. */
    private static final String POWERS = """
            SELECT r.rolsuper OR r.rolcreaterole OR r.rolcreatedb OR r.rolreplication OR r.rolbypassrls
                   OR EXISTS (SELECT FROM pg_catalog.pg_roles AS o
                               WHERE (o.rolsuper OR o.rolcreaterole
                                      OR o.rolname IN ('pg_execute_server_program', 'pg_write_server_files',
                                                       'pg_read_server_files'))
                                 AND pg_catalog.pg_has_role(r.oid, o.oid, 'MEMBER'))
              FROM pg_catalog.pg_roles AS r
             WHERE r.rolname =
            """;

    /** What runs with the rights of the role that owns it, and is no extension's. */
    private static final String CODE = """
            WITH code (classid, objid, what) AS (
                SELECT 'pg_catalog.pg_proc'::pg_catalog.regclass::oid, p.oid,
                       'routine ' || p.oid::pg_catalog.regprocedure::text
                  FROM pg_catalog.pg_proc AS p
                UNION ALL
                SELECT 'pg_catalog.pg_class'::pg_catalog.regclass, c.oid,
                       CASE c.relkind WHEN 'v' THEN 'view ' WHEN 'm' THEN 'materialized view ' ELSE 'rule on ' END
                           || c.oid::pg_catalog.regclass::text
                  FROM pg_catalog.pg_class AS c
                 WHERE EXISTS (SELECT FROM pg_catalog.pg_rewrite AS w WHERE w.ev_class = c.oid)
                UNION ALL
                SELECT 'pg_catalog.pg_statistic_ext'::pg_catalog.regclass, s.oid, 'statistics ' || s.stxname
                  FROM pg_catalog.pg_statistic_ext AS s
                 WHERE s.stxexprs IS NOT NULL)
            SELECT pg_catalog.string_agg(what, ', ')
              FROM (SELECT what FROM code
                     WHERE objid >= 16384
                       AND NOT EXISTS (SELECT FROM pg_catalog.pg_depend AS d
                                        WHERE d.classid = code.classid AND d.objid = code.objid AND d.deptype = 'e')
                     ORDER BY what LIMIT 3) AS first
            """;

    private static final String LIKE_THE_LIVE_ONE = """
            SELECT pg_catalog.format(' ENCODING %L LC_COLLATE %L LC_CTYPE %L',
                                     pg_catalog.pg_encoding_to_char(encoding), datcollate, datctype)
                   || CASE datlocprovider
                          WHEN 'i' THEN
                              pg_catalog.format(' LOCALE_PROVIDER icu ICU_LOCALE %L',
                                                COALESCE(pg_catalog.to_jsonb(d) ->> 'daticulocale',
                                                         pg_catalog.to_jsonb(d) ->> 'datlocale'))
                          WHEN 'b' THEN
                              pg_catalog.format(' LOCALE_PROVIDER builtin BUILTIN_LOCALE %L',
                                                pg_catalog.to_jsonb(d) ->> 'datlocale')
                          ELSE '' END
              FROM pg_catalog.pg_database AS d
             WHERE datname =
            """;

    private final Server server;
    private final Optional<Path> bindir;
    private final UnprivilegedUser user;
    private final Store store;
    private final AgeKeys keys;
    private final Path locks;
    private final Set<String> allowedExtensions;
    private final Clock clock;

    public Restore(
            Server server,
            Optional<Path> bindir,
            UnprivilegedUser user,
            Store store,
            AgeKeys keys,
            Path locks,
            Set<String> allowedExtensions,
            Clock clock) {
        this.server = server;
        this.bindir = bindir;
        this.user = user;
        this.store = store;
        this.keys = keys;
        this.locks = locks;
        this.allowedExtensions = allowedExtensions;
        this.clock = clock;
    }

    /** Somebody asked for what is not to be had, in one line that says what instead; nothing was touched. */
    public static final class Refused extends Exception {
        public Refused(String message) {
            super(message);
        }
    }

    /**
     * What to restore.
     *
     * @param owner the role that it shall belong to
     * @param database what it shall be called
     */
    public record Order(StoredBackup backup, String owner, String database) {}

    /**
     * How it ended.
     *
     * @param kept what the database of before is called, when there was one
     * @param swapTime for how long nobody could connect
     * @param notes what is not as it was, one line each
     */
    public record Done(
            Order order,
            Optional<String> kept,
            int tables,
            long rows,
            Duration took,
            Duration swapTime,
            List<String> notes) {}

    /** Restores into a new database. */
    @SuppressWarnings("try") // held, not used
    public Done into(Order order, RestoreProgress progress)
            throws Refused, IOException, SQLException, InterruptedException {
        try (RunLock alone = alone(LOCK, "another restore is under way")) {
            checkName(order.database());
            if (exists(order.database())) {
                throw new Refused("database " + order.database() + " exists: choose another name for --into, or say"
                        + " --replace to put the backup in the place of the live one");
            }
            return beside(order, Optional.empty(), progress, (guest, restored, notes) -> {
                handOver(guest, order, restored, progress);
                rename(restored, order.database());
                return new Swap.Swapped("", Duration.ZERO);
            });
        }
    }

    /** Restores beside the live database and then takes its place. */
    @SuppressWarnings("try") // held, not used
    public Done replace(Order order, RestoreProgress progress)
            throws Refused, IOException, SQLException, InterruptedException {
        String live = order.database();
        try (RunLock alone = alone(LOCK, "another restore is under way");
                RunLock dumps = alone(
                        order.backup().manifest().service(),
                        "a backup of it is under way: try again when it is done")) {
            if (!exists(live)) {
                throw new Refused("there is no database " + live + " to replace: say --into " + live);
            }
            if (live.equals(server.address().database()) || live.equals("postgres") || live.startsWith("template")) {
                throw new Refused("database " + live + " is not replaced while the server works with it: restore it"
                        + " beside by --into, or everything onto an empty server by restore --all");
            }
            String prepared = Guest.names(
                            server,
                            "SELECT count(*) FROM pg_catalog.pg_prepared_xacts WHERE database = " + Quote.literal(live))
                    .get(0);
            if (!prepared.equals("0")) {
                throw new Refused("database " + live + " has " + prepared + " prepared transactions, which would be"
                        + " lost: COMMIT PREPARED or ROLLBACK PREPARED them first (pg_prepared_xacts lists them)");
            }
            String like =
                    Guest.names(server, LIKE_THE_LIVE_ONE + Quote.literal(live)).get(0);
            return beside(order, Optional.of(like), progress, (guest, restored, notes) -> {
                handOver(guest, order, restored, progress);
                return new Swap(server).swap(live, restored, clock.instant());
            });
        }
    }

    /** What becomes of a database that is restored and compared, while its guest is still there. */
    @FunctionalInterface
    interface Ending {
        Swap.Swapped end(Guest guest, String restored, List<String> notes)
                throws Refused, IOException, SQLException, InterruptedException;
    }

    /** @param like the words that make a database like the one of before; empty for one like the dumped one */
    Done beside(Order order, Optional<String> like, RestoreProgress progress, Ending ending)
            throws Refused, IOException, SQLException, InterruptedException {
        long began = System.nanoTime();
        Manifest manifest = order.backup().manifest();
        StoredFile file = file(order.backup());
        check(order, manifest);
        checkFile(file);
        progress.step("the file is whole");
        for (String removed : Guest.clear(server)) {
            LOG.warn("removed {}, which a restore left that ended before it was done", removed);
        }
        Programs programs = Programs.find(bindir, server.majorVersion());
        boolean powerful = isPowerful(order.owner());
        Guest guest = Guest.invite(server, programs, user, powerful ? Optional.empty() : Optional.of(order.owner()));
        // Of one name with its guest: they come and go together.
        String database = guest.name();
        progress.step("a role that logs in for this restore alone");
        try {
            TableOfContents contents = new TableOfContents(guest, user);
            List<String> notes = new ArrayList<>();
            String words = like.isPresent()
                    ? like.get()
                    : DatabaseProperties.of(contents, file, database).like();
            create(database, powerful ? guest.name() : order.owner(), words, notes);
            progress.step("an empty database beside");
            Optional<String> missing =
                    OwnersRestore.createExtensions(guest, manifest.extensions().keySet(), database);
            if (missing.isPresent()) {
                throw new Refused("the server does not have the extension " + missing.get() + ", which database "
                        + manifest.database() + " uses: install it there first");
            }
            new OwnersRestore(guest, database).pour(file, bytes -> progress.poured(bytes, manifest.sourceBytes()));
            progress.step("restored");
            notes.addAll(contents.restore(file, database, TableOfContents.RIGHTS_AND_COMMENTS));
            long rows = compareRows(database, manifest.rows());
            progress.step("every table's rows are as the manifest says");
            Swap.Swapped swapped = ending.end(guest, database, notes);
            progress.step("it has its name");
            return new Done(
                    order,
                    Optional.of(swapped.kept()).filter(kept -> !kept.isEmpty()),
                    manifest.rows().size(),
                    rows,
                    Duration.ofNanos(System.nanoTime() - began),
                    swapped.took(),
                    List.copyOf(notes));
        } catch (Refused | IOException | SQLException | InterruptedException | RuntimeException e) {
            discard(guest, database);
            throw e;
        }
    }

    /** All of it is the owner's, and the guest goes. */
    private void handOver(Guest guest, Order order, String restored, RestoreProgress progress)
            throws Refused, IOException, SQLException {
        give(guest, order, restored);
        guest.close();
        progress.step("all of it is " + order.owner() + "'s");
    }

    void give(Guest guest, Order order, String restored) throws Refused, IOException, SQLException {
        if (isPowerful(order.owner())) {
            refuseCode(guest, order, restored);
        }
        guest.leave(restored, order.owner());
    }

    /**
     * What was set and granted on the database itself, once it has its own name again: by its owner, or, where that is
     * nobody's to act as, by the administrator, statement by statement of known form.
     */
    List<String> properties(Guest guest, Order order) throws IOException, SQLException, InterruptedException {
        StoredFile file = file(order.backup());
        DatabaseProperties properties = DatabaseProperties.of(new TableOfContents(guest, user), file, order.database());
        boolean powerful = isPowerful(order.owner());
        try (Connection connection =
                        powerful ? server.connect(server.address().database()) : guest.enter(order.database());
                Statement statement = connection.createStatement()) {
            if (!powerful) {
                statement.execute("SET ROLE " + Quote.identifier(order.owner()));
            }
            return properties.restore(connection);
        }
    }

    void rename(String from, String to) throws SQLException {
        Guest.run(server, "ALTER DATABASE " + Quote.identifier(from) + " RENAME TO " + Quote.identifier(to));
    }

    private void check(Order order, Manifest manifest) throws Refused, SQLException {
        if (order.backup().kind() != BackupKind.DUMP) {
            throw new Refused(order.backup().path() + " is no dump of one database: RECOVERY.md in the store has the"
                    + " lines that restore it, and 'pgsteward restore --all' those of an empty server");
        }
        int major = server.majorVersion();
        if (Integer.parseInt(manifest.clientVersion()) > major) {
            throw new Refused(order.backup().path() + " was made by PostgreSQL " + manifest.clientVersion()
                    + ", and the server is PostgreSQL " + major + ": a dump goes into the same version or a newer one");
        }
        Set<String> forbidden = new TreeSet<>(manifest.extensions().keySet());
        forbidden.removeAll(allowedExtensions);
        if (!forbidden.isEmpty()) {
            throw new Refused("the dump wants extensions that are not allowed: " + String.join(", ", forbidden)
                    + "; add them to PGSTEWARD_EXTENSIONS_ALLOWED if you trust them");
        }
        if (Guest.names(server, "SELECT 1 FROM pg_catalog.pg_roles WHERE rolname = " + Quote.literal(order.owner()))
                .isEmpty()) {
            throw new Refused("role " + order.owner() + ", to which the database belonged, does not exist: start the"
                    + " service's container, or create the role, and try again");
        }
        for (String table : manifest.rows().keySet()) {
            if (!TABLE.matcher(table).matches()) {
                throw new Refused("the manifest of " + order.backup().path() + " names a table " + table
                        + ", which is no name: it was changed since it was written");
            }
        }
    }

    private void checkName(String database) throws Refused {
        int bytes = database.getBytes(StandardCharsets.UTF_8).length;
        if (bytes == 0 || bytes > LONGEST_NAME || database.indexOf('\0') >= 0 || database.matches(Guest.NAMES)) {
            throw new Refused("a database cannot be called '" + database + "': a name has 1 to " + LONGEST_NAME
                    + " bytes, and pgsteward_restore_... is kept for restores under way");
        }
    }

    StoredFile file(StoredBackup backup) {
        return new StoredFile(store.resolve(backup.path()), backup.manifest(), keys);
    }

    /** @throws Refused when the file is not the one that was written, or nobody here can open it */
    void checkFile(StoredFile file) throws Refused {
        try {
            file.check();
        } catch (IOException e) {
            throw new Refused(file.file() + " is not restored: " + e.getMessage() + "; 'pgsteward backups' lists what"
                    + " else there is");
        }
        if (file.manifest().isSealed() && !keys.opens()) {
            throw new Refused(file.file() + " is sealed, and there is nothing here to open it with: set"
                    + " PGSTEWARD_BACKUP_IDENTITY_FILE to the path of the age key");
        }
    }

    /** Nobody gets in before PUBLIC is out. */
    private void create(String database, String owner, String like, List<String> notes) throws SQLException {
        String name = Quote.identifier(database);
        String create = "CREATE DATABASE " + name + " OWNER " + Quote.identifier(owner)
                + " TEMPLATE template0 ALLOW_CONNECTIONS false";
        try {
            Guest.run(server, create + (like.isEmpty() ? " ENCODING 'UTF8'" : like));
        } catch (SQLException e) {
            if (like.isEmpty()) {
                throw e;
            }
            Guest.run(server, create + " ENCODING 'UTF8'");
            notes.add("the server cannot make a database with" + like + " (" + e.getMessage() + "): it sorts as the"
                    + " server does");
        }
        Guest.run(
                server,
                "REVOKE ALL ON DATABASE " + name + " FROM PUBLIC; ALTER DATABASE " + name + " ALLOW_CONNECTIONS true");
    }

    private long compareRows(String database, Map<String, Long> dumped) throws IOException, SQLException {
        List<String> differing = new ArrayList<>();
        long sum = 0;
        try (Connection connection = server.connectForLong(database);
                Statement statement = connection.createStatement()) {
            for (Map.Entry<String, Long> table : new TreeMap<>(dumped).entrySet()) {
                try (ResultSet row = statement.executeQuery("SELECT count(*) FROM ONLY " + table.getKey())) {
                    row.next();
                    long restored = row.getLong(1);
                    sum += restored;
                    if (restored != table.getValue()) {
                        differing.add(table.getKey() + " has " + restored + " rows, not " + table.getValue());
                    }
                }
            }
        }
        if (!differing.isEmpty()) {
            throw new IOException("what was restored is not what was dumped: " + String.join("; ", differing));
        }
        return sum;
    }

    boolean isPowerful(String role) throws SQLException {
        return Guest.names(server, POWERS + Quote.literal(role)).contains("t");
    }

    private void refuseCode(Guest guest, Order order, String database) throws IOException, Refused {
        String code = guest.administer(database, CODE);
        if (!code.isEmpty()) {
            throw new Refused("database " + order.database() + " belonged to role " + order.owner() + ", which has"
                    + " powers over the cluster, and holds " + code + ", which would run with them: it is not given to"
                    + " that role; RECOVERY.md in the store has the lines that restore it by hand");
        }
    }

    private void discard(Guest guest, String database) {
        try {
            Guest.run(server, "DROP DATABASE IF EXISTS " + Quote.identifier(database) + " WITH (FORCE)");
            guest.close();
        } catch (SQLException e) {
            LOG.warn("database and role {} are left for the next restore to remove: {}", database, e.getMessage());
        }
    }

    boolean exists(String database) throws SQLException {
        return !Guest.names(server, "SELECT 1 FROM pg_catalog.pg_database WHERE datname = " + Quote.literal(database))
                .isEmpty();
    }

    RunLock alone(String service, String otherwise) throws IOException, Refused {
        return RunLock.take(locks, service).orElseThrow(() -> new Refused(otherwise));
    }
}
