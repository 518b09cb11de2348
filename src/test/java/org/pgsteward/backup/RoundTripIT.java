package org.pgsteward.backup;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.pgsteward.TestHost;
import org.pgsteward.app.Wiring;
import org.pgsteward.backup.schedule.BackupTarget;
import org.pgsteward.backup.store.Manifests;
import org.pgsteward.camel.Pipeline;
import org.pgsteward.model.Backup;
import org.pgsteward.model.BackupKind;
import org.pgsteward.model.BackupState;
import org.pgsteward.postgres.NeedsPostgres;
import org.pgsteward.postgres.Programs;
import org.pgsteward.postgres.Quote;
import org.pgsteward.postgres.TestCluster;

/**
 * A database is dumped, verified and restored by public tools. All rows and the whole schema must be the same, on
 * every installed version.
 *
 * <p>Each kind of database must get its expected state. A role or a locale that only the source has is no reason for
 * an alert, and an incomplete backup is never "verified".
 */
@NeedsPostgres
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@Timeout(value = 40, unit = TimeUnit.MINUTES)
class RoundTripIT {
    private static final List<Integer> MAJORS = List.of(15, 17);

    private final Map<Integer, Side> sides = new TreeMap<>();

    /** One version of PostgreSQL with its own pgsteward. */
    private record Side(Programs programs, TestHost host, Wiring wiring, Pipeline pipeline) {}

    @BeforeAll
    void start() throws Exception {
        for (int major : MAJORS) {
            try {
                Programs programs = Programs.find(Optional.empty(), major);
                TestHost host = TestHost.start(TestCluster.start(programs));
                host.cluster().run("homelab", "CREATE ROLE \"a reader\"", "CREATE ROLE shop LOGIN");
                Wiring wiring = host.wiring();
                wiring.house.order();
                sides.put(
                        major,
                        new Side(programs, host, wiring, wiring.backupPipeline().start()));
            } catch (IOException e) {
                System.err.println("skipped: round trips on PostgreSQL " + major + ": " + e.getMessage());
            }
        }
    }

    @AfterAll
    void stop() throws Exception {
        for (Side side : sides.values()) {
            side.pipeline().close();
            side.host().close();
        }
    }

    Stream<Integer> majors() {
        assumeTrue(!sides.isEmpty(), "skipped: PostgreSQL 15 and 17 are missing on this machine");
        return sides.keySet().stream();
    }

    /**
     * nfrastack 5.0.3 repaired about thirty such losses of its own dump program: partitions, large objects,
     * generated columns.
     */
    @ParameterizedTest
    @MethodSource("majors")
    void everyKindOfObjectAndEveryRowComeBack(int major) throws Exception {
        assumeTrue(Zstd.isInstalled(), "skipped: the program zstd is not on this machine; install zstd");
        Side side = Objects.requireNonNull(sides.get(major));
        String name = "My \"Shop\" ü\n.1";
        side.host()
                .cluster()
                .run("homelab", "CREATE DATABASE " + Quote.identifier(name) + " OWNER shop TEMPLATE template0");
        run(side, name, "pgbench", "--initialize", "--quiet", "--partitions=3", "--foreign-keys");
        run(
                side,
                name,
                "psql",
                "--no-psqlrc",
                "--quiet",
                "--output=/dev/null",
                "--file=" + Path.of("src/test/resources/sql/estate.sql").toAbsolutePath());
        side.host()
                .cluster()
                .run(
                        "homelab",
                        "ALTER DATABASE " + Quote.identifier(name) + " SET work_mem = '5MB'",
                        "ALTER ROLE shop IN DATABASE " + Quote.identifier(name) + " SET search_path = private, public",
                        "ALTER DATABASE " + Quote.identifier(name) + " CONNECTION LIMIT 17",
                        "COMMENT ON DATABASE " + Quote.identifier(name) + " IS 'the shop''s'",
                        "GRANT TEMPORARY ON DATABASE " + Quote.identifier(name) + " TO \"a reader\"");

        Backup backup = side.host().backUp(side.wiring(), name);

        assertThat(backup.error()).isEmpty();
        assertThat(backup.state()).isEqualTo(BackupState.VERIFIED);
        side.host().cluster().run("homelab", "ALTER DATABASE " + Quote.identifier(name) + " RENAME TO original");
        // After a disaster the roles exist, but the database does not.
        restore(side, backup, "postgres", "--create");
        assertThat(content(side, name)).isEqualTo(content(side, "original")).hasSizeGreaterThan(37);
        assertThat(schema(side, name)).isEqualTo(schema(side, "original")).hasSizeGreaterThan(450);
        assertThat(settings(side, name)).isEqualTo(settings(side, "original")).hasSize(4);
    }

    /** A kind of database, with the expected state and error of its backup. */
    private record Case(String sentence, String like, List<String> statements, BackupState state, String reason) {
        @Override
        public String toString() {
            return sentence;
        }
    }

    private static final String TEXT_PARTITIONS = "CREATE TABLE public.t (word text) PARTITION BY RANGE (word)";

    private static final List<Case> CASES = List.of(
            new Case("no table", "", List.of(), BackupState.VERIFIED, ""),
            new Case(
                    "LATIN1 encoding",
                    "ENCODING 'LATIN1' LOCALE 'C'",
                    List.of("CREATE TABLE public.t AS SELECT 'Grüße'::text AS word"),
                    BackupState.VERIFIED,
                    ""),
            new Case(
                    "SQL_ASCII with bytes of no encoding",
                    "ENCODING 'SQL_ASCII' LOCALE 'C'",
                    List.of("CREATE TABLE public.t AS SELECT convert_from('\\xfffe80', 'SQL_ASCII') AS word"),
                    BackupState.VERIFIED,
                    ""),
            new Case(
                    "partition bounds that need the ICU locale",
                    "LOCALE_PROVIDER icu ICU_LOCALE 'en-US' LOCALE 'C'",
                    List.of(
                            TEXT_PARTITIONS,
                            "CREATE TABLE public.a PARTITION OF public.t FOR VALUES FROM ('a') TO ('c')",
                            "INSERT INTO public.t VALUES ('B'), ('bär')"),
                    BackupState.VERIFIED,
                    ""),
            new Case(
                    "locale of the official image",
                    "LOCALE 'en_US.UTF-8'",
                    List.of(
                            TEXT_PARTITIONS,
                            "CREATE TABLE public.a PARTITION OF public.t FOR VALUES FROM ('a') TO ('c')",
                            "INSERT INTO public.t VALUES ('B')"),
                    BackupState.VERIFIED,
                    ""),
            new Case(
                    "settings of the database for all sessions",
                    "",
                    List.of(
                            "CREATE TABLE public.t AS SELECT 'Grüße'::text AS word, now() AS at",
                            "ALTER TABLE public.t ENABLE ROW LEVEL SECURITY",
                            "ALTER DATABASE @ SET role = shop",
                            "ALTER DATABASE @ SET client_encoding = 'SQL_ASCII'",
                            "ALTER DATABASE @ SET default_transaction_read_only = on",
                            "ALTER DATABASE @ SET search_path = nowhere",
                            "ALTER DATABASE @ SET statement_timeout = 1",
                            "DO $$ BEGIN IF current_setting('server_version_num')::int >= 170000 THEN"
                                    + " EXECUTE 'ALTER DATABASE @ SET transaction_timeout = 1'; END IF; END $$",
                            "ALTER DATABASE @ SET DateStyle = 'SQL, DMY'"),
                    BackupState.VERIFIED,
                    ""),
            new Case(
                    "settings of the owner's role",
                    "",
                    List.of(
                            "CREATE ROLE hurried LOGIN; CREATE ROLE another",
                            "ALTER DATABASE @ OWNER TO hurried",
                            "CREATE TABLE public.t AS SELECT 'Grüße'::text AS word, now() AS at",
                            "ALTER TABLE public.t OWNER TO hurried",
                            "ALTER ROLE hurried SET default_transaction_read_only = on",
                            "ALTER ROLE hurried SET search_path = nowhere",
                            "ALTER ROLE hurried SET statement_timeout = 1",
                            "ALTER ROLE hurried SET DateStyle = 'SQL, DMY'"),
                    BackupState.VERIFIED,
                    ""),
            new Case(
                    "function in language internal",
                    "",
                    List.of("CREATE FUNCTION public.f() RETURNS int LANGUAGE internal AS 'pg_backend_pid'"),
                    BackupState.UNVERIFIABLE,
                    "permission denied for language internal"),
            new Case(
                    "names in LATIN1",
                    "ENCODING 'LATIN1' LC_COLLATE 'C' LC_CTYPE 'C'",
                    List.of(
                            "CREATE TABLE public.\"größe\" AS SELECT 'Grüße'::text AS \"wörter\"",
                            "CREATE TABLE public.\"\u0085 and \u00c5\" AS SELECT 1 AS n",
                            "CREATE SCHEMA \"für\"; CREATE EXTENSION file_fdw SCHEMA \"für\"",
                            "COMMENT ON TABLE public.\"größe\" IS 'groß'"),
                    BackupState.VERIFIED,
                    ""),
            new Case(
                    "names in SQL_ASCII",
                    "ENCODING 'SQL_ASCII' LC_COLLATE 'C' LC_CTYPE 'C'",
                    List.of("CREATE TABLE public.\"größe\" AS SELECT 'Grüße'::text AS \"wörter\""),
                    BackupState.VERIFIED,
                    ""),
            new Case(
                    "names with line separators",
                    "",
                    List.of("CREATE TABLE public.\"a\u2028b\u0085c\" AS SELECT generate_series(1, 3) AS n"),
                    BackupState.VERIFIED,
                    ""),
            new Case(
                    "materialized view over more partitions than a small server can lock",
                    "",
                    List.of(
                            "CREATE TABLE public.events (n int, at int, what text) PARTITION BY RANGE (n)",
                            "CREATE INDEX ON public.events (n)",
                            "CREATE INDEX ON public.events (at)",
                            "CREATE INDEX ON public.events (what)",
                            partitions(0, 500),
                            partitions(500, 1000),
                            "INSERT INTO public.events SELECT n, n, n::text FROM generate_series(1, 999) AS n",
                            "CREATE MATERIALIZED VIEW public.seen AS SELECT count(*) FROM public.events"),
                    BackupState.VERIFIED,
                    ""),
            new Case(
                    "more locks than the host can hold",
                    "",
                    List.of(
                            "CREATE FUNCTION public.locked() RETURNS bigint LANGUAGE plpgsql AS $$ BEGIN"
                                    + " IF current_database() LIKE 'proof%' THEN PERFORM pg_advisory_xact_lock(n)"
                                    + " FROM generate_series(1, 200000) AS n; END IF; RETURN 1; END $$",
                            "CREATE MATERIALIZED VIEW public.seen AS SELECT public.locked()"),
                    BackupState.UNVERIFIABLE,
                    "this host cannot restore it: "),
            new Case(
                    "foreign table on a file of the server",
                    "",
                    List.of(
                            "CREATE EXTENSION file_fdw SCHEMA public",
                            "CREATE SERVER files FOREIGN DATA WRAPPER file_fdw",
                            "CREATE FOREIGN TABLE public.passwd (line text) SERVER files"
                                    + " OPTIONS (filename '/etc/passwd')"),
                    BackupState.UNVERIFIABLE,
                    "superuser"),
            new Case(
                    "constraint that needs a search path",
                    "",
                    List.of(
                            "SET search_path = public",
                            "CREATE FUNCTION known(n int) RETURNS boolean LANGUAGE plpgsql AS"
                                    + " $$ BEGIN RETURN n IN (SELECT id FROM ids); END $$",
                            "CREATE TABLE ids (id int)",
                            "INSERT INTO ids VALUES (1)",
                            "CREATE TABLE t (n int CHECK (known(n)))",
                            "INSERT INTO t VALUES (1)"),
                    BackupState.FAILED,
                    "relation \"ids\" does not exist"),
            new Case(
                    "constraint that depends on the database name",
                    "",
                    List.of(
                            "CREATE TABLE public.t (n int CHECK (current_database() IN ('@', 'proof')))",
                            "INSERT INTO public.t VALUES (1)"),
                    BackupState.FAILED,
                    "violates check constraint"));

    private static String partitions(int from, int to) {
        return "DO $$ BEGIN FOR i IN " + from + ".." + (to - 1) + " LOOP EXECUTE format('CREATE TABLE public.events_%s"
                + " PARTITION OF public.events FOR VALUES FROM (%s) TO (%s)', i, i, i + 1); END LOOP; END $$";
    }

    Stream<Arguments> cases() {
        return majors().flatMap(major -> CASES.stream().map(each -> Arguments.of(major, each)));
    }

    /**
     * databasus #721 (roles that the verifier lacks), #726 (schema public) and #732 (an extension that it lacks)
     * raised alarms about good backups. pgbackweb #116 and databasement #550 reported success for failed restores.
     */
    @ParameterizedTest(name = "{1} on {0}")
    @MethodSource("cases")
    void eachKindOfDatabaseGetsItsExpectedState(int major, Case is) throws Exception {
        Side side = Objects.requireNonNull(sides.get(major));
        String database = "v" + java.util.UUID.randomUUID().toString().substring(0, 8);
        assumeTrue(
                !is.like().contains("en_US") || hasLocale("en_US.utf8"),
                "skipped: this host lacks the locale en_US.UTF-8; localedef -i en_US -f UTF-8 en_US.UTF-8 makes it");
        side.host()
                .cluster()
                .run("homelab", "CREATE DATABASE " + database + " OWNER shop TEMPLATE template0 " + is.like());
        side.host()
                .cluster()
                .run(
                        database,
                        is.statements().stream()
                                .map(sql -> sql.replace("@", database))
                                .toArray(String[]::new));

        Backup backup = side.host().backUp(side.wiring(), database);

        assertThat(backup.error()).contains(is.reason());
        assertThat(backup.state()).as(backup.error()).isEqualTo(is.state());
        assertThat(side.host().notices(database)).hasSize(is.state() == BackupState.VERIFIED ? 0 : 1);
    }

    @ParameterizedTest
    @MethodSource("majors")
    void missingLocalesAndExtensionsFailNoVerification(int major) throws Exception {
        Side side = Objects.requireNonNull(sides.get(major));
        String database = side.host().cluster().newDatabase();
        side.host()
                .cluster()
                .run(
                        database,
                        "CREATE EXTENSION citext SCHEMA public",
                        TEXT_PARTITIONS,
                        "CREATE TABLE public.a PARTITION OF public.t FOR VALUES FROM ('A') TO ('a')",
                        "INSERT INTO public.t VALUES ('B')");
        Backup backup = side.host().backUp(side.wiring(), database);
        assertThat(backup.error()).isEmpty();
        Path manifest = side.host().store().resolve(backup.path().orElseThrow() + ".manifest.json");
        String written = Files.readString(manifest);

        // The locale does not exist on this host. Its collation may order texts differently, so the bounds of the
        // partition may not hold.
        Manifests.write(manifest, written.replace("\"collate\" : \"C\"", "\"collate\" : \"tlh_QO\""));
        assertThat(verify(side, backup).state()).isEqualTo(BackupState.VERIFIED);

        Manifests.write(manifest, written.replace("\"citext\" : \"1", "\"pg_cron\" : \"1"));
        Backup lacking = verify(side, backup);
        assertThat(lacking.state()).isEqualTo(BackupState.UNVERIFIABLE);
        assertThat(lacking.error()).isEqualTo("extension pg_cron is not installed where backups are verified");
        Manifests.write(manifest, written);
        assertThat(verify(side, backup).state()).isEqualTo(BackupState.VERIFIED);
    }

    /**
     * prodrigestivill #63, eeshugerman #2: an older pg_dump met a newer server. A newer pg_dump is refused as well.
     */
    @ParameterizedTest
    @MethodSource("majors")
    void refusesAClientOfAnotherMajorVersion(int major) throws Exception {
        assumeTrue(sides.size() > 1, "skipped: only one version of PostgreSQL is on this machine");
        Side side = Objects.requireNonNull(sides.get(major));
        int other = sides.keySet().stream()
                .filter(each -> each != major)
                .findFirst()
                .orElseThrow();
        Path bindir = Objects.requireNonNull(sides.get(other)).programs().directory();
        String database = side.host().cluster().newDatabase();
        Wiring mistaken = side.host().wiring("pgsteward.postgres.bindir", bindir.toString());
        try (Pipeline running = mistaken.backupPipeline().start()) {
            assertThat(running).isNotNull();
            Backup failed = side.host().backUp(mistaken, database);
            assertThat(failed.state()).isEqualTo(BackupState.FAILED);
            assertThat(failed.error())
                    .contains("cannot find the programs of PostgreSQL " + major)
                    .contains("only " + other + " in " + bindir);
        }
        assertThat(side.host().stored(database)).isEmpty();
        assertThat(side.host().notices(database)).singleElement().asString().startsWith("firing");
    }

    /** prodrigestivill #30, pgbackweb #170: dumps without the roles that they name. */
    @ParameterizedTest
    @MethodSource("majors")
    void rolesAndTheirSettingsAreBackedUp(int major) throws Exception {
        Side side = Objects.requireNonNull(sides.get(major));
        side.host()
                .cluster()
                .run(
                        "homelab",
                        "CREATE ROLE \"odd \"\"role\"\"; -- \\! \n\" LOGIN CONNECTION LIMIT 3 PASSWORD 'it''s \\ ü'"
                                + " VALID UNTIL '2030-01-01'",
                        "CREATE ROLE \"all\" IN ROLE \"a reader\"",
                        "GRANT \"all\" TO shop WITH ADMIN OPTION",
                        "ALTER ROLE shop SET search_path = 'a b', \"c\"\"d\"",
                        "ALTER ROLE shop SET \"my.own\" = 'x;y'",
                        "GRANT SET ON PARAMETER log_statement TO shop",
                        "COMMENT ON ROLE shop IS E'a\\nb \\\\! touch /tmp/x'");
        BackupTarget target =
                side.wiring().targets.all(BackupKind.GLOBALS).get(0).target();

        Backup backup = side.wiring()
                .backups
                .run(target, BackupRun.Patience.FAILS_AT_ONCE)
                .backup();

        assertThat(backup.error()).isEmpty();
        assertThat(backup.state()).isEqualTo(BackupState.VERIFIED);
        // The file contains the roles of the cluster.
        assertThat(unpacked(side, backup))
                .contains("PASSWORD 'SCRAM-SHA-256$")
                .contains("VALID UNTIL '2030-01-01")
                .contains("GRANT SET ON PARAMETER log_statement TO shop")
                .contains("WITH ADMIN");
    }

    private static boolean hasLocale(String locale) throws IOException {
        return new String(
                        new ProcessBuilder("locale", "-a")
                                .start()
                                .getInputStream()
                                .readAllBytes(),
                        StandardCharsets.UTF_8)
                .lines()
                .anyMatch(locale::equals);
    }

    private static Backup verify(Side side, Backup backup) {
        return side.wiring().backups.verify(backup);
    }

    private static String unpacked(Side side, Backup backup) throws Exception {
        assumeTrue(Zstd.isInstalled(), "skipped: the program zstd is not on this machine; install zstd");
        Path file = side.host().store().resolve(backup.path().orElseThrow());
        return output(new ProcessBuilder("zstd", "--decompress", "--stdout", file.toString()));
    }

    private static void restore(Side side, Backup backup, String database, String... options) throws Exception {
        Path file = side.host().store().resolve(backup.path().orElseThrow());
        ProcessBuilder restore = client(
                side,
                database,
                "pg_restore",
                Stream.concat(Stream.of("--exit-on-error", "--dbname=" + database), Stream.of(options))
                        .toArray(String[]::new));
        for (Process process : ProcessBuilder.startPipeline(
                List.of(new ProcessBuilder("zstd", "--decompress", "--stdout", file.toString()), restore))) {
            assertThat(process.waitFor()).isZero();
        }
    }

    private static String run(Side side, String database, String program, String... arguments) throws Exception {
        return output(client(side, database, program, arguments));
    }

    private static ProcessBuilder client(Side side, String database, String program, String... arguments) {
        List<String> command =
                new ArrayList<>(List.of(side.programs().path(program).toString()));
        command.addAll(List.of(arguments));
        ProcessBuilder builder = new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.INHERIT);
        builder.environment()
                .putAll(Map.of(
                        "PGHOST",
                        side.host().cluster().server().address().host(),
                        "PGPORT",
                        Integer.toString(
                                side.host().cluster().server().address().port()),
                        "PGUSER",
                        "homelab",
                        "PGDATABASE",
                        database,
                        "LC_ALL",
                        "C.UTF-8",
                        "PGPASSWORD",
                        TestCluster.PASSWORD.reveal()));
        return builder;
    }

    private static String output(ProcessBuilder builder) throws Exception {
        Process process = builder.redirectError(ProcessBuilder.Redirect.INHERIT).start();
        process.getOutputStream().close();
        String printed = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(process.waitFor()).as(builder.command().toString()).isZero();
        return printed;
    }

    /**
     * Returns the whole schema in the form of {@code pg_dump}: every object with its owner, privileges and comment.
     */
    private static List<String> schema(Side side, String database) throws Exception {
        return run(side, database, "pg_dump", "--schema-only")
                .lines()
                .filter(line -> !line.isBlank() && !line.startsWith("--") && !line.matches("\\\\(un)?restrict .*"))
                .toList();
    }

    /** Returns the settings of the database and of roles in it, its connection limit, privileges and comment. */
    private static List<String> settings(Side side, String database) throws SQLException {
        String oid = "(SELECT oid FROM pg_database WHERE datname = " + Quote.literal(database) + ")";
        return side.host()
                .rows(
                        "homelab",
                        "SELECT concat_ws(' ', setrole::regrole, setconfig) FROM pg_db_role_setting WHERE setdatabase = "
                                + oid
                                + " UNION ALL SELECT concat_ws(' ', datconnlimit, datacl, pg_get_userbyid(datdba))"
                                + " FROM pg_database WHERE oid = " + oid
                                + " UNION ALL SELECT shobj_description(" + oid + ", 'pg_database') ORDER BY 1");
    }

    /**
     * Returns the number of rows and a hash of the ordered rows of each table. It adds the values of sequences and
     * large objects.
     */
    private static Map<String, String> content(Side side, String database) throws SQLException {
        Map<String, String> content = new TreeMap<>();
        TestHost host = side.host();
        for (String table : host.rows(
                database,
                "SELECT format('%I.%I', n.nspname, c.relname) FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace"
                        + " WHERE c.relkind IN ('r', 'm', 'v') AND c.relispopulated AND n.nspname NOT IN ('pg_catalog',"
                        + " 'information_schema', 'monitoring') AND n.nspname NOT LIKE 'pg\\_toast%'")) {
            content.put(
                    table,
                    host.rows(
                                    database,
                                    "SELECT count(*) || ' ' || COALESCE(md5(string_agg(t::text, E'\\n' ORDER BY t::text"
                                            + " COLLATE \"C\")), '') FROM ONLY " + table + " AS t")
                            .get(0));
        }
        content.put(
                "sequences",
                host.rows(database, "SELECT string_agg(s::text, ', ' ORDER BY s::text) FROM pg_sequences AS s")
                        .get(0));
        content.put(
                "large objects",
                host.rows(
                                database,
                                "SELECT string_agg(concat_ws(' ', oid, lomowner::regrole, lomacl, encode(lo_get(oid), 'hex')),"
                                        + " '; ' ORDER BY oid) FROM pg_largeobject_metadata")
                        .get(0));
        return content;
    }
}
