package org.pgsteward.backup.restore;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.Timeout;
import org.pgsteward.TestHost;
import org.pgsteward.app.Wiring;
import org.pgsteward.backup.Age;
import org.pgsteward.backup.Contents;
import org.pgsteward.backup.schedule.BackupTarget;
import org.pgsteward.backup.store.BackupSet;
import org.pgsteward.backup.store.Inventory;
import org.pgsteward.backup.store.Manifests;
import org.pgsteward.backup.store.SetKeeper;
import org.pgsteward.backup.store.StoredBackup;
import org.pgsteward.camel.Pipeline;
import org.pgsteward.model.Backup;
import org.pgsteward.model.BackupKind;
import org.pgsteward.model.BackupState;
import org.pgsteward.model.Refusal;
import org.pgsteward.model.Secret;
import org.pgsteward.postgres.ExtendedPostgres;
import org.pgsteward.postgres.NeedsPostgres;
import org.pgsteward.postgres.Programs;
import org.pgsteward.postgres.Quote;
import org.pgsteward.postgres.Server;
import org.pgsteward.postgres.TestCluster;

/** Difficult databases, for which the verification and the restore must agree. */
@NeedsPostgres
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@Timeout(value = 40, unit = TimeUnit.MINUTES)
class RestoreAgreesIT {
    private static final Secret PASSWORD = new Secret("pw");

    private TestHost host;
    private Wiring wiring;
    private Server server;
    private Pipeline pipeline;

    /**
     * An extension with a configuration table that has a dump condition and a trigger, and with a sequence. The
     * trigger writes into another table.
     */
    private static final String CONFIGURED = """
            CREATE TABLE @extschema@.ref (id INT PRIMARY KEY, name TEXT, own BOOLEAN DEFAULT true);
            INSERT INTO @extschema@.ref VALUES (1, 'of the extension', false);
            CREATE SEQUENCE @extschema@.ref_seq;
            CREATE TABLE @extschema@.seen (name TEXT);
            CREATE FUNCTION @extschema@.see() RETURNS TRIGGER LANGUAGE plpgsql AS
                'BEGIN INSERT INTO @extschema@.seen VALUES (NEW.name); RETURN NEW; END';
            CREATE TRIGGER see BEFORE INSERT ON @extschema@.ref FOR EACH ROW EXECUTE FUNCTION @extschema@.see();
            SELECT pg_catalog.pg_extension_config_dump('@extschema@.ref', 'WHERE own');
            SELECT pg_catalog.pg_extension_config_dump('@extschema@.ref_seq', '');
            """;

    private ExtendedPostgres postgres;

    @BeforeAll
    void startHost() throws Exception {
        Programs installed = TestCluster.programs();
        assumeTrue(
                Files.isDirectory(Path.of("/usr/share/postgresql/" + installed.major())),
                "skipped: PostgreSQL is not installed as on Debian, cannot add a test extension");
        postgres = ExtendedPostgres.of(installed)
                .with("configured", false, CONFIGURED)
                .with("trusted_one", true, CONFIGURED);
        host = TestHost.start(TestCluster.start(postgres.programs()));
        host.environment()
                .putAll(Map.of(
                        "PGSTEWARD_POSTGRES_BINDIR",
                        postgres.programs().directory().toString(),
                        "PGSTEWARD_EXTENSIONS_ALLOWED",
                        "configured,trusted_one"));
        wiring = host.wiring();
        wiring.house.order();
        server = host.cluster().server();
        pipeline = wiring.backupPipeline().start();
    }

    @AfterAll
    void stopHost() throws Exception {
        if (host != null) {
            pipeline.close();
            host.close();
            postgres.close();
        }
    }

    @AfterEach
    void nothingIsLeftBehind() throws SQLException {
        assertThat(host.rows(
                        "homelab",
                        "SELECT datname FROM pg_database WHERE datname LIKE 'pgsteward%'"
                                + " UNION ALL SELECT rolname FROM pg_roles WHERE rolname LIKE 'pgsteward%'"))
                .isEmpty();
    }

    /** The hash of an enum's value depends on its OID, which differs in each database. */
    @Test
    void hashPartitionsKeyedByAnEnumAreComparedAtTheirRoot() throws Exception {
        String service = service(
                "CREATE TYPE public.col AS ENUM ('a', 'b', 'c', 'd', 'e', 'f', 'g', 'h')",
                "CREATE TABLE public.one (c public.col, v int) PARTITION BY HASH (c)",
                "CREATE TABLE public.one_0 PARTITION OF public.one FOR VALUES WITH (MODULUS 2, REMAINDER 0)",
                "CREATE TABLE public.one_1 PARTITION OF public.one FOR VALUES WITH (MODULUS 2, REMAINDER 1)",
                "CREATE TABLE public.many (c public.col[], v int) PARTITION BY HASH (c)",
                "CREATE TABLE public.many_0 PARTITION OF public.many FOR VALUES WITH (MODULUS 2, REMAINDER 0)",
                "CREATE TABLE public.many_1 PARTITION OF public.many FOR VALUES WITH (MODULUS 2, REMAINDER 1)",
                // Each value has a different number of rows, so the counts show the partition of each value.
                "INSERT INTO public.one SELECT (enum_range(NULL::public.col))[i], v"
                        + " FROM generate_series(1, 8) AS i, generate_series(1, 1 << i) AS v",
                "INSERT INTO public.many SELECT ARRAY[c], v FROM public.one");

        assertThat(backUp(service).state()).isEqualTo(BackupState.VERIFIED);
        Restore.Done done = wiring.restore.into(order(service, service + "_back"), RestoreProgress.QUIET);

        assertThat(done.notes()).isEmpty();
        assertThat(done.rows()).isEqualTo(1020);
        assertThat(placement(service + "_back")).isNotEqualTo(placement(service));
    }

    /** The tables belong to the administrator, and the service may not write to them. */
    @Test
    void rowsOfExtensionsTablesAreVerifiedAndRestored() throws Exception {
        String service = service("CREATE EXTENSION trusted_one SCHEMA public");
        host.cluster()
                .run(
                        service,
                        "CREATE SCHEMA \"an ext\" AUTHORIZATION " + service,
                        "CREATE EXTENSION configured SCHEMA \"an ext\"",
                        "INSERT INTO \"an ext\".ref VALUES (2, 'two'), (3, 'three')",
                        "SELECT setval('\"an ext\".ref_seq', 42)",
                        "INSERT INTO public.ref VALUES (4, 'four')");

        Backup backup = backUp(service);
        assertThat(backup.state()).as(backup.error()).isEqualTo(BackupState.VERIFIED);
        wiring.restore.into(order(service, service + "_back"), RestoreProgress.QUIET);

        for (String sql : List.of(
                "SELECT id || name || own FROM \"an ext\".ref ORDER BY 1",
                "SELECT id || name || own FROM public.ref ORDER BY 1",
                "SELECT last_value FROM \"an ext\".ref_seq",
                "SELECT name FROM \"an ext\".seen ORDER BY 1")) {
            assertThat(host.rows(service + "_back", sql)).isEqualTo(host.rows(service, sql));
        }
        assertThat(host.rows(service, "SELECT name FROM \"an ext\".seen")).hasSize(2);
        assertThat(host.rows(
                        service + "_back",
                        "SELECT relname FROM pg_class, aclexplode(relacl) WHERE oid >= 16384 AND grantee <> relowner"))
                .isEmpty();
    }

    @Test
    void postgisIsVerifiedAndRestored() throws Exception {
        Optional<Programs> programs = Programs.newest(Optional.empty())
                .filter(found ->
                        Files.exists(Path.of("/usr/share/postgresql/" + found.major() + "/extension/postgis.control")));
        assumeTrue(programs.isPresent(), "skipped: PostGIS is not on this machine; install postgresql-17-postgis-3");
        try (TestHost other = TestHost.start(TestCluster.start(programs.orElseThrow()))) {
            Wiring there = other.wiring("pgsteward.extensions.allowed", "postgis,postgis_topology");
            there.house.order();
            other.cluster()
                    .run(
                            "homelab",
                            "CREATE ROLE map LOGIN PASSWORD 'pw'",
                            "CREATE DATABASE map OWNER map TEMPLATE template0",
                            "REVOKE ALL ON DATABASE map FROM PUBLIC");
            other.cluster()
                    .run(
                            "map",
                            "CREATE EXTENSION postgis SCHEMA public",
                            "CREATE EXTENSION postgis_topology",
                            "INSERT INTO public.spatial_ref_sys (srid, auth_name, srtext, proj4text)"
                                    + " VALUES (990001, 'own', 'LOCAL_CS[\"own\"]', '+proj=longlat +datum=WGS84')");
            Contents.runAs(
                    other.cluster().server(),
                    "map",
                    PASSWORD,
                    "map",
                    "SET search_path = public",
                    "CREATE TABLE public.place (at geometry(Point, 990001))",
                    "INSERT INTO public.place SELECT st_setsrid(st_makepoint(i, i), 990001) FROM generate_series(1, 9) AS i",
                    "CREATE INDEX ON public.place (st_astext(st_transform(at, 4326)))");
            try (Pipeline running = there.backupPipeline().start()) {
                assertThat(running).isNotNull();
                Backup backup = other.backUp(there, "map");
                assertThat(backup.state()).as(backup.error()).isEqualTo(BackupState.VERIFIED);
            }
            StoredBackup stored = Inventory.of(there.store).of("map").get(0);

            Restore.Done done = there.restore.into(new Restore.Order(stored, "map", "back"), RestoreProgress.QUIET);

            assertThat(done.rows()).isEqualTo(9);
            assertThat(other.rows("back", "SELECT auth_name FROM public.spatial_ref_sys WHERE srid = 990001"))
                    .containsExactly("own");
        }
    }

    /**
     * A service leaves code in its database that runs during a restore. It has no privilege to write to this table.
     */
    @Test
    void codeInADumpCannotWriteToAnExtensionsTable() throws Exception {
        String service = service(
                "CREATE EXTENSION trusted_one SCHEMA public",
                "CREATE FUNCTION public.fine(INT) RETURNS BOOLEAN LANGUAGE plpgsql AS 'BEGIN RETURN true; END'",
                "CREATE TABLE public.trap (n INT CHECK (public.fine(n)))",
                "INSERT INTO public.trap VALUES (1)",
                "CREATE OR REPLACE FUNCTION public.fine(INT) RETURNS BOOLEAN LANGUAGE plpgsql AS $f$ BEGIN"
                        + " BEGIN RESET ROLE; EXCEPTION WHEN OTHERS THEN NULL; END;"
                        + " BEGIN INSERT INTO public.ref VALUES (66, 'evil'); EXCEPTION WHEN OTHERS THEN NULL; END;"
                        + " RETURN true; END $f$");
        host.cluster().run(service, "INSERT INTO public.ref VALUES (4, 'four')");
        backUp(service);

        wiring.restore.into(order(service, service + "_back"), RestoreProgress.QUIET);

        assertThat(host.rows(service + "_back", "SELECT name FROM public.ref ORDER BY 1"))
                .containsExactly("four", "of the extension");
    }

    /** Objects that cannot keep their owner come back as the service's role, and a note names each of them. */
    @Test
    void objectsOfOtherRolesKeepTheirOwnerOrAreNamed() throws Exception {
        String service =
                service("CREATE TABLE public.mine (n INT)", "CREATE TABLE public.list (n INT) PARTITION BY LIST (n)");
        String third = "third_" + service;
        String group = "group_" + service;
        host.cluster()
                .run(
                        service,
                        "CREATE ROLE " + third,
                        "CREATE ROLE " + group,
                        "GRANT " + group + " TO " + service,
                        "GRANT CREATE, USAGE ON SCHEMA public TO PUBLIC",
                        "GRANT " + service + " TO " + third,
                        "SET ROLE " + third,
                        "CREATE FUNCTION public.def(a INT, OUT b TEXT) SECURITY DEFINER LANGUAGE sql"
                                + " AS $f$ SELECT 'it''s; ' $f$",
                        "CREATE FUNCTION public.inv(a INT, b NUMERIC[]) RETURNS INT LANGUAGE sql BEGIN ATOMIC SELECT 1; END",
                        "CREATE TABLE public.\"of third\" (n INT)",
                        "CREATE VIEW public.v AS SELECT 1 AS n",
                        "ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT SELECT ON TABLES TO " + service,
                        "RESET ROLE",
                        "CREATE SCHEMA s AUTHORIZATION " + third,
                        "CREATE TABLE public.list_1 PARTITION OF public.list FOR VALUES IN (1)",
                        "ALTER TABLE public.list_1 OWNER TO " + third,
                        "CREATE TABLE public.of_group (n INT)",
                        "ALTER TABLE public.of_group OWNER TO " + group,
                        "GRANT SELECT ON public.mine TO " + group + " WITH GRANT OPTION",
                        "GRANT INSERT ON public.mine TO " + third,
                        "SET ROLE " + group,
                        "GRANT SELECT ON public.mine TO " + third,
                        "RESET ROLE");
        assertThat(backUp(service).state()).isEqualTo(BackupState.VERIFIED);

        Restore.Done done = wiring.restore.into(order(service, service + "_back"), RestoreProgress.QUIET);

        String not = " belongs to " + service + ", previously to " + third;
        String give = " OWNER TO " + third;
        assertThat(done.notes())
                .map(note -> note.replaceFirst(": ERROR: .*", ""))
                .containsExactlyInAnyOrder(
                        "granted by " + service + ", previously by " + group + ": GRANT SELECT ON TABLE public.mine TO "
                                + third,
                        "ALTER DEFAULT PRIVILEGES FOR ROLE " + third + " IN SCHEMA public GRANT SELECT ON TABLES  TO "
                                + service,
                        "SCHEMA s" + not + "; check it, then run: ALTER SCHEMA s" + give,
                        "FUNCTION public.def(a integer, OUT b text)" + not
                                + ", and runs with the rights of its caller; check it, then"
                                + " run: ALTER FUNCTION public.def(a integer, OUT b text)" + give
                                + "; ALTER FUNCTION public.def(a integer, OUT b text) SECURITY DEFINER",
                        "FUNCTION public.inv(a integer, b numeric[])" + not
                                + "; check it, then run: ALTER FUNCTION public.inv(a integer, b numeric[])" + give,
                        "TABLE public.\"of third\"" + not + "; check it, then run: ALTER TABLE public.\"of third\""
                                + give,
                        "TABLE public.v" + not + "; check it, then run: ALTER TABLE public.v" + give,
                        "TABLE public.list_1" + not + "; check it, then run: ALTER TABLE public.list_1" + give);
        assertThat(host.rows(service + "_back", "SELECT tableowner::text FROM pg_tables WHERE tablename = 'of_group'"))
                .containsExactly(group);
        assertThat(host.rows(service + "_back", "SELECT prosecdef FROM pg_proc WHERE proname = 'def'"))
                .containsExactly("f");
        String rights = "SELECT DISTINCT concat_ws(' ', grantee::regrole, privilege_type) FROM pg_class,"
                + " aclexplode(relacl) WHERE relname = 'mine' ORDER BY 1";
        assertThat(host.rows(service + "_back", rights))
                .isEqualTo(host.rows(service, rights))
                .hasSizeGreaterThan(8);
    }

    /**
     * The backup is verified, since all its rows can be restored. A restore refuses it, so each backup must report
     * that in advance.
     */
    @Test
    void aRefusalOfTheRestoreIsACaveatAndRaisesOneAlert() throws Exception {
        String service = service("CREATE TABLE public.t AS SELECT 1 AS n");
        host.cluster().run(service, "CREATE EXTENSION dblink SCHEMA public");
        String caveat = "a restore refuses it: the dump needs extensions that are not allowed: dblink; if you trust"
                + " them, add them to PGSTEWARD_EXTENSIONS_ALLOWED";

        for (int night = 0; night < 2; night++) {
            Backup backup = backUp(service);
            assertThat(backup.state()).as(backup.error()).isEqualTo(BackupState.VERIFIED);
            assertThat(backup.caveats()).containsExactly(caveat);
        }

        assertThat(order(service, "x").backup().manifest().caveats()).containsExactly(caveat);
        assertThat(host.rows(
                        "homelab",
                        "SELECT DISTINCT caveat FROM public.backup_log WHERE service_name = '" + service + "'"))
                .containsExactly(caveat);
        assertThat(host.notices("restore-caveat", service))
                .singleElement()
                .asString()
                .startsWith("firing ");
        assertThatThrownBy(() -> wiring.restore.into(order(service, service + "_back"), RestoreProgress.QUIET))
                .isInstanceOf(Refusal.class)
                .hasMessageContaining("extensions that are not allowed: dblink");
        Wiring trusting = host.wiring("pgsteward.extensions.allowed", "dblink");
        try (Pipeline running = trusting.backupPipeline().start()) {
            assertThat(running).isNotNull();
            assertThat(host.backUp(trusting, service).caveats()).isEmpty();
        }
        await().untilAsserted(() -> assertThat(host.notices("restore-caveat", service))
                .hasSize(2)
                .last()
                .asString()
                .startsWith("resolved "));
        trusting.restore.into(order(service, service + "_back"), RestoreProgress.QUIET);
    }

    @Test
    void codeOfAPowerfulOwnerIsRefusedBeforeARowIsLoaded() throws Exception {
        String service = service(
                "CREATE TABLE public.t AS SELECT 1 AS n",
                "CREATE FUNCTION public.f() RETURNS INT LANGUAGE sql AS 'SELECT 1'");
        host.cluster().run("homelab", "ALTER ROLE " + service + " CREATEDB");
        Backup backup = backUp(service);
        assertThat(backup.caveats())
                .singleElement()
                .asString()
                .startsWith("a restore refuses it: cannot give database " + service + " to role " + service
                        + ": it contains routine public.f(), which would run with the role's powers over the cluster");
        List<String> steps = new ArrayList<>();

        assertThatThrownBy(() -> wiring.restore.into(order(service, service + "_back"), new RestoreProgress() {
                    @Override
                    public void step(String what) {
                        steps.add(what);
                    }

                    @Override
                    public void poured(long bytes, long total) {
                        steps.add("rows");
                    }
                }))
                .isInstanceOf(Refusal.class)
                .hasMessageContaining(
                        "it contains function public.f(), which would run with the role's powers over the cluster");
        assertThat(steps).doesNotContain("rows", "restored the tables and rows").endsWith("created an empty database");
    }

    /** pg_restore cannot fill this view either, since its query finds a function by the search path. */
    @Test
    void aMaterializedViewThatCannotBeFilledIsACaveatAndNoFailure() throws Exception {
        String service = service(
                "CREATE FUNCTION public.one() RETURNS INT LANGUAGE sql AS 'SELECT 1'",
                "CREATE FUNCTION public.two() RETURNS INT LANGUAGE plpgsql AS 'BEGIN RETURN one() + 1; END'",
                "SET search_path = public",
                "CREATE MATERIALIZED VIEW m AS SELECT two() AS n",
                "CREATE MATERIALIZED VIEW of_m AS SELECT n FROM m",
                "CREATE MATERIALIZED VIEW fine AS SELECT one() AS n",
                "CREATE TABLE t AS SELECT 1 AS n");
        String empty = "materialized view public.m is empty: ";

        Backup backup = backUp(service);
        Restore.Done done = wiring.restore.into(order(service, service + "_back"), RestoreProgress.QUIET);

        assertThat(backup.state()).as(backup.error()).isEqualTo(BackupState.VERIFIED);
        assertThat(backup.caveats()).hasSize(2).first().asString().startsWith("after a restore " + empty);
        assertThat(done.notes()).hasSize(2).first().asString().startsWith(empty).contains("one() does not exist");
        assertThat(done.rows()).isEqualTo(1);
    }

    /** A dump in the stream is read once. pgsteward cannot leave entries out of it or read a part again. */
    @Test
    void verifiesADumpEncryptedInTheStreamAlike() throws Exception {
        String service = service(
                "CREATE FUNCTION public.one() RETURNS INT LANGUAGE sql AS 'SELECT 1'",
                "CREATE FUNCTION public.two() RETURNS INT LANGUAGE plpgsql AS 'BEGIN RETURN one() + 1; END'",
                "SET search_path = public",
                "CREATE TABLE t AS SELECT generate_series(1, 10) AS n",
                "ALTER TABLE t ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY",
                "CREATE MATERIALIZED VIEW m AS SELECT two() AS n",
                "CREATE MATERIALIZED VIEW hidden AS SELECT n FROM t",
                "CREATE EXTENSION trusted_one SCHEMA public");
        host.cluster()
                .run(
                        service,
                        "CREATE SCHEMA \"an ext\" AUTHORIZATION " + service,
                        "CREATE EXTENSION configured SCHEMA \"an ext\"",
                        "INSERT INTO \"an ext\".ref VALUES (2, 'two')",
                        "INSERT INTO public.ref VALUES (4, 'four')",
                        "CREATE FUNCTION public.watch() RETURNS event_trigger LANGUAGE plpgsql AS 'BEGIN END'",
                        "CREATE EVENT TRIGGER watch ON ddl_command_end EXECUTE FUNCTION public.watch()");
        Wiring encrypting =
                host.wiring("pgsteward.backup.recipients", Age.keys().recipient());
        try (Pipeline running = encrypting.backupPipeline().start()) {
            assertThat(running).isNotNull();

            Backup backup = host.backUp(encrypting, service);

            assertThat(backup.error()).isEmpty();
            assertThat(backup.verification().inStream()).isTrue();
            assertThat(backup.caveats())
                    .singleElement()
                    .asString()
                    .startsWith("after a restore materialized view public.m is empty: ");
        }
    }

    @Test
    void backsUpATemplateAndFailsForAClosedDatabase() throws Exception {
        String service = service("CREATE TABLE public.t AS SELECT 1 AS n");
        String closed = host.cluster().newDatabase();
        String kept = service + "_before_20260102T030405Z";
        host.cluster()
                .run(
                        "homelab",
                        "ALTER DATABASE " + service + " IS_TEMPLATE true CONNECTION LIMIT 7",
                        "ALTER DATABASE " + closed + " ALLOW_CONNECTIONS false",
                        "CREATE DATABASE \"" + kept + "\" ALLOW_CONNECTIONS false");
        String flags = "SELECT datistemplate || ' ' || datconnlimit FROM pg_database WHERE datname = '" + service;
        try {
            List<BackupTarget> inSet = wiring.sets.open(
                    SetKeeper.COMMAND, List.of(host.target(wiring, service), host.target(wiring, closed)));
            assertThat(host.backUp(wiring, inSet.get(0)).state()).isEqualTo(BackupState.VERIFIED);
            assertThat(host.backUp(wiring, inSet.get(1)).state()).isEqualTo(BackupState.FAILED);
            wiring.sets.close(inSet);
            assertThat(wiring.targets.all(BackupKind.DUMP))
                    .extracting(found -> found.target().database())
                    .doesNotContain(kept);
            assertThat(wiring.backupSets.all().get(0).missing().stream()
                            .filter(missing -> missing.reason().contains("allows no connections")))
                    .extracting(BackupSet.Missing::database)
                    .containsExactly(closed);

            wiring.restore.into(order(service, service + "_back"), RestoreProgress.QUIET);
            Restore.Done done = wiring.restore.replace(order(service, service), RestoreProgress.QUIET);

            for (String suffix : List.of("'", "_back'")) {
                assertThat(host.rows("homelab", flags + suffix)).containsExactly("true 7");
            }
            host.cluster().run("homelab", "DROP DATABASE \"" + done.kept().orElseThrow() + "\"");
        } finally {
            host.cluster().run("homelab", "DROP DATABASE " + closed, "DROP DATABASE \"" + kept + "\"");
        }
    }

    /** pg_restore does not write the settings and privileges of a database with such a name. */
    @Test
    void aNameWithTheEndOfALineIsRestored() throws Exception {
        String service = service();
        String odd = service + "\n\rodd";
        host.cluster()
                .run(
                        "homelab",
                        "CREATE DATABASE \"" + odd + "\" OWNER " + service + " TEMPLATE template0",
                        "GRANT CONNECT ON DATABASE \"" + odd + "\" TO PUBLIC");
        host.cluster().run(odd, "CREATE TABLE public.t AS SELECT generate_series(1, 3) AS n");
        Backup backup = backUp(odd);
        assertThat(backup.state()).as(backup.error()).isEqualTo(BackupState.VERIFIED);
        StoredBackup stored = Inventory.of(wiring.store).of(backup.service()).get(0);

        Restore.Done done =
                wiring.restore.into(new Restore.Order(stored, service, odd + "_back"), RestoreProgress.QUIET);

        assertThat(done.rows()).isEqualTo(3);
        assertThat(done.notes())
                .contains(
                        "settings and privileges of the database are left out: pg_restore does not write them for a name"
                                + " with a line break");
        assertThat(host.rows(odd + "_back", "SELECT count(*)::text FROM public.t"))
                .containsExactly("3");
    }

    @Test
    void anArchiveOfAnotherDatabaseIsNeitherVerifiedNorRestored() throws Exception {
        String own = service("CREATE TABLE public.t AS SELECT 1 AS n");
        String other = service("CREATE TABLE public.t AS SELECT 2 AS n");
        Backup backup = backUp(own);
        Backup stranger = backUp(other);
        Path file = host.store().resolve(backup.path().orElseThrow());
        Files.copy(host.store().resolve(stranger.path().orElseThrow()), file, StandardCopyOption.REPLACE_EXISTING);
        Path manifest = file.resolveSibling(file.getFileName() + ".manifest.json");
        Manifests.write(
                manifest,
                Files.readString(manifest)
                        .replace(backup.file().sha256(), stranger.file().sha256())
                        .replace(
                                "\"size_bytes\" : " + backup.file().sizeBytes(),
                                "\"size_bytes\" : " + stranger.file().sizeBytes()));
        String because = "its archive is a dump of database " + other + ", but its manifest names database " + own;

        Backup verified = wiring.verification.verify(backup);

        assertThat(verified.state()).isEqualTo(BackupState.FAILED);
        assertThat(verified.error()).contains(because);
        assertThatThrownBy(() -> wiring.restore.into(order(own, own + "_back"), RestoreProgress.QUIET))
                .isInstanceOf(Refusal.class)
                .hasMessageContaining(because);
    }

    /** The backup fails with an alert and the remedy. In a database without an encoding a name may have any bytes. */
    @Test
    void aNameThatIsNoUtf8FailsTheBackupWithARemedy() throws Exception {
        String database = service() + "_bytes";
        host.cluster()
                .run(
                        "homelab",
                        "CREATE DATABASE " + database
                                + " TEMPLATE template0 ENCODING 'SQL_ASCII' LC_COLLATE 'C' LC_CTYPE 'C'");
        host.cluster()
                .run(
                        database,
                        "CREATE TABLE public.t AS SELECT 1 AS n",
                        "DO $$ BEGIN EXECUTE format('ALTER TABLE public.t RENAME TO %I',"
                                + " convert_from('\\xe46d65', 'SQL_ASCII')); END $$");

        Backup backup = host.backUp(wiring, database);

        assertThat(backup.state()).isEqualTo(BackupState.FAILED);
        assertThat(backup.error())
                .contains("a name in the database is not UTF-8", "rename it in psql with PGCLIENTENCODING=LATIN1");
    }

    @Test
    void keepsTheDatabasesTablespaceAndNamesThoseOfTables() throws Exception {
        String service = service();
        for (String tablespace : List.of("fast", "slow")) {
            host.cluster()
                    .run(
                            "homelab",
                            "SET allow_in_place_tablespaces = on",
                            "CREATE TABLESPACE " + tablespace + "_" + service + " LOCATION ''");
        }
        host.cluster().run("homelab", "ALTER DATABASE " + service + " SET TABLESPACE fast_" + service);
        host.cluster().run(service, "CREATE TABLE public.t TABLESPACE slow_" + service + " AS SELECT 1 AS n");
        String lost = "a restore puts tables and indexes of tablespace slow_" + service
                + " into the default tablespace of the database";
        String tablespace = "SELECT spcname FROM pg_tablespace AS t JOIN pg_database AS d ON d.dattablespace = t.oid"
                + " WHERE datname = '" + service;

        assertThat(backUp(service).caveats()).containsExactly(lost);
        Restore.Done done = wiring.restore.into(order(service, service + "_back"), RestoreProgress.QUIET);
        wiring.restore.replace(order(service, service), RestoreProgress.QUIET);

        assertThat(done.notes()).contains(lost);
        for (String suffix : List.of("'", "_back'")) {
            assertThat(host.rows("homelab", tablespace + suffix)).containsExactly("fast_" + service);
        }
    }

    private List<String> placement(String database) throws SQLException {
        return host.rows(
                database,
                "SELECT concat_ws(' ', tableoid::regclass, count(*)) FROM (SELECT tableoid, v FROM public.one"
                        + " UNION ALL SELECT tableoid, v FROM public.many) AS rows GROUP BY tableoid ORDER BY 1");
    }

    /** Creates a role and its database like the provisioner. The role itself runs the statements. */
    private String service(String... statements) throws SQLException {
        String name = "s" + UUID.randomUUID().toString().replace("-", "").substring(0, 10);
        host.cluster()
                .run(
                        "homelab",
                        "CREATE ROLE " + name + " LOGIN PASSWORD " + Quote.literal(PASSWORD.reveal()),
                        "CREATE DATABASE " + name + " OWNER " + name + " TEMPLATE template0",
                        "REVOKE ALL ON DATABASE " + name + " FROM PUBLIC");
        Contents.runAs(server, name, PASSWORD, name, statements);
        return name;
    }

    private Backup backUp(String database) throws SQLException {
        Backup backup = host.backUp(wiring, database);
        assertThat(backup.state()).as(backup.error()).isIn(BackupState.VERIFIED, BackupState.UNVERIFIABLE);
        return backup;
    }

    private Restore.Order order(String service, String database) throws IOException {
        return new Restore.Order(Inventory.of(wiring.store).of(service).get(0), service, database);
    }
}
