package org.pgsteward.backup.restore;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.pgsteward.TestHost;
import org.pgsteward.app.Wiring;
import org.pgsteward.backup.Age;
import org.pgsteward.backup.Contents;
import org.pgsteward.backup.store.Inventory;
import org.pgsteward.backup.store.Manifests;
import org.pgsteward.backup.store.RecoveryCard;
import org.pgsteward.backup.store.StoredBackup;
import org.pgsteward.camel.Pipeline;
import org.pgsteward.model.Backup;
import org.pgsteward.model.BackupState;
import org.pgsteward.model.Refusal;
import org.pgsteward.model.Secret;
import org.pgsteward.postgres.NeedsPostgres;
import org.pgsteward.postgres.ObstinateSession;
import org.pgsteward.postgres.Programs;
import org.pgsteward.postgres.Server;
import org.pgsteward.postgres.TestCluster;

/** Restores into a live server: whole or not at all, and never with more rights than the service has. */
@NeedsPostgres
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@Timeout(value = 40, unit = TimeUnit.MINUTES)
class RestoreIT {
    private static final Secret PASSWORD = new Secret("what % $ ' \" \\ it is");

    private TestHost host;
    private Wiring wiring;
    private Server server;
    private Pipeline pipeline;

    @BeforeAll
    void startHost() throws Exception {
        host = TestHost.start();
        wiring = host.wiring();
        wiring.house.order();
        server = host.cluster().server();
        pipeline = wiring.backupPipeline().start();
    }

    @AfterAll
    void stopHost() throws Exception {
        pipeline.close();
        host.close();
    }

    @AfterEach
    void nothingIsLeftBehind() throws SQLException {
        assertThat(leftovers()).isEmpty();
    }

    @Test
    void aNewDatabaseHasEveryRowAndEveryObjectAndTheirOwnersRightsAndComments() throws Exception {
        String service = service(Contents.everything());
        Restore.Order order = order(service, service + "_back");

        Restore.Done done = wiring.restore.into(order, RestoreProgress.QUIET);

        assertThat(done.notes()).isEmpty();
        assertThat(done.rows()).isEqualTo(100 + 50 + 2 + 30 + 30 + 3 + 2 + 1);
        assertThat(Contents.of(server, service + "_back"))
                .isEqualTo(Contents.of(server, service))
                .hasSizeGreaterThan(10);
        assertThat(Contents.schema(host.cluster(), TestCluster.programs(), service + "_back"))
                .isEqualTo(Contents.schema(host.cluster(), TestCluster.programs(), service))
                .contains("COMMENT ON TABLE public.generated", "GRANT SELECT ON TABLE public.generated TO PUBLIC");
        assertThat(rights(service + "_back")).isEqualTo(rights(service));
        Contents.runAs(server, service, PASSWORD, service + "_back", "INSERT INTO public.generated (a) VALUES (0)");
    }

    @Test
    void onPostgres17ItIsTheSame() throws Exception {
        Optional<Programs> programs = found(17);
        assumeTrue(programs.isPresent(), "skipped: PostgreSQL 17 is not on this machine; install postgresql-17");
        try (TestHost other = TestHost.start(TestCluster.start(programs.orElseThrow()))) {
            Wiring there = other.wiring();
            there.house.order();
            other.cluster()
                    .run(
                            "homelab",
                            "CREATE ROLE wiki LOGIN PASSWORD 'pw'",
                            "CREATE DATABASE wiki OWNER wiki TEMPLATE template0 LOCALE_PROVIDER builtin BUILTIN_LOCALE"
                                    + " 'C.UTF-8'",
                            "REVOKE ALL ON DATABASE wiki FROM PUBLIC");
            Contents.runAs(other.cluster().server(), "wiki", new Secret("pw"), "wiki", Contents.everything());
            try (Pipeline running = there.backupPipeline().start()) {
                assertThat(running).isNotNull();
                assertThat(other.backUp(there, "wiki").state()).isEqualTo(BackupState.VERIFIED);
            }
            var before = Contents.of(other.cluster().server(), "wiki");
            String schema = Contents.schema(other.cluster(), programs.orElseThrow(), "wiki");
            StoredBackup stored = Inventory.of(there.store).of("wiki").get(0);

            there.restore.into(new Restore.Order(stored, "wiki", "back"), RestoreProgress.QUIET);
            there.restore.replace(new Restore.Order(stored, "wiki", "wiki"), RestoreProgress.QUIET);

            other.cluster()
                    .run(
                            "homelab",
                            "CREATE DATABASE sorted OWNER wiki TEMPLATE template0 LOCALE_PROVIDER icu ICU_LOCALE 'en'"
                                    + " ICU_RULES '&a < z' LOCALE 'C.UTF-8'",
                            "REVOKE ALL ON DATABASE sorted FROM PUBLIC");
            try (Pipeline running = there.backupPipeline().start()) {
                assertThat(running).isNotNull();
                assertThat(other.backUp(there, "sorted").state()).isEqualTo(BackupState.VERIFIED);
            }
            StoredBackup sorted = Inventory.of(there.store).of("sorted").get(0);
            there.restore.into(new Restore.Order(sorted, "wiki", "sorted_back"), RestoreProgress.QUIET);
            there.restore.replace(new Restore.Order(sorted, "wiki", "sorted"), RestoreProgress.QUIET);
            for (String restored : List.of("sorted_back", "sorted")) {
                assertThat(Contents.rows(
                                other.cluster().server(),
                                restored,
                                "SELECT string_agg(c, '' ORDER BY c) FROM unnest(ARRAY['a', 'b', 'z']) AS c"))
                        .containsExactly("azb");
            }

            for (String restored : List.of("back", "wiki")) {
                assertThat(Contents.of(other.cluster().server(), restored)).isEqualTo(before);
                assertThat(Contents.schema(other.cluster(), programs.orElseThrow(), restored))
                        .isEqualTo(schema);
                assertThat(Contents.rows(
                                other.cluster().server(),
                                "homelab",
                                "SELECT concat(datlocprovider, datlocale) FROM pg_database WHERE datname = '" + restored
                                        + "'"))
                        .containsExactly("bC.UTF-8");
            }
        }
    }

    @Test
    void aSealedDumpIsRestoredWithItsIdentityAndRefusedInWordsWithoutOne() throws Exception {
        Age age = Age.keys();
        String service = service("CREATE TABLE public.t AS SELECT generate_series(1, 10) AS n");
        Wiring sealing = host.wiring(
                Map.of("pgsteward.backup.recipients", age.recipient(), "pgsteward.backup.identity", age.identity()));
        try (Pipeline running = sealing.backupPipeline().start()) {
            assertThat(running).isNotNull();
            assertThat(host.backUp(sealing, service).state()).isEqualTo(BackupState.VERIFIED);
        }
        Restore.Order order = stored(service, service, service + "_back");

        refused(order, "is sealed, and there is nothing here to open it with: set PGSTEWARD_BACKUP_IDENTITY_FILE");
        Restore.Done done = sealing.restore.into(order, RestoreProgress.QUIET);

        assertThat(done.rows()).isEqualTo(10);
        assertThat(host.store().resolve(RecoveryCard.NAME))
                .content()
                .contains("age -d -i \"$AGE_KEY\" " + order.backup().path() + " | zstd -dc | pg_restore");
    }

    @Test
    void whatADumpTakesForGrantedIsThereAsWhereItWasProvedAndWhatOnlyAnAdministratorMakesIsNamed() throws Exception {
        String service = service("CREATE TABLE public.t AS SELECT generate_series(1, 10) AS n");
        String reader = "reader_of_" + service;
        host.cluster()
                .run(
                        service,
                        "CREATE ROLE " + reader,
                        "CREATE SCHEMA ext AUTHORIZATION " + service,
                        "CREATE EXTENSION postgres_fdw SCHEMA ext",
                        "GRANT USAGE ON FOREIGN DATA WRAPPER postgres_fdw TO " + service,
                        "CREATE FUNCTION public.watch() RETURNS event_trigger LANGUAGE plpgsql AS 'BEGIN END'",
                        "CREATE EVENT TRIGGER watch ON ddl_command_end EXECUTE FUNCTION public.watch()",
                        "COMMENT ON EVENT TRIGGER watch IS 'looks on'",
                        "CREATE POLICY readers ON public.t FOR SELECT TO " + reader + " USING (true)");
        Contents.runAs(
                server,
                service,
                PASSWORD,
                service,
                "CREATE SERVER elsewhere FOREIGN DATA WRAPPER postgres_fdw OPTIONS (host 'localhost')",
                "CREATE USER MAPPING FOR " + service + " SERVER elsewhere OPTIONS (user 'u', password 'p')",
                "CREATE FOREIGN TABLE public.far (n int) SERVER elsewhere");
        Wiring trusting = host.wiring("pgsteward.extensions.allowed", "postgres_fdw");
        Restore.Order order = order(service, service + "_back");
        refused(order, "wants extensions that are not allowed: postgres_fdw");

        Restore.Done done = trusting.restore.into(order, RestoreProgress.QUIET);

        assertThat(done.notes())
                .containsExactly(
                        "left to the administrator, who makes it by hand: EVENT TRIGGER - watch homelab",
                        "FUNCTION public.watch() belongs to " + service + ", not to homelab as before; check it, then"
                                + " type: ALTER FUNCTION public.watch() OWNER TO homelab");
        assertThat(Contents.schema(host.cluster(), TestCluster.programs(), service + "_back")
                        .lines()
                        .filter(line -> line.matches("CREATE (EXTENSION|SERVER|POLICY|FOREIGN TABLE|SCHEMA) .*")))
                .containsExactly(
                        "CREATE SCHEMA ext;",
                        "CREATE EXTENSION IF NOT EXISTS postgres_fdw WITH SCHEMA ext;",
                        "CREATE SERVER elsewhere FOREIGN DATA WRAPPER postgres_fdw OPTIONS (",
                        "CREATE FOREIGN TABLE public.far (",
                        "CREATE POLICY readers ON public.t FOR SELECT TO " + reader + " USING (true);");
        host.cluster().run(service, "DROP POLICY readers ON public.t", "DROP OWNED BY " + reader);
        host.cluster().run(service + "_back", "DROP OWNED BY " + reader);
        host.cluster().run("homelab", "DROP ROLE " + reader);
        assertThatThrownBy(() -> trusting.restore.into(
                        new Restore.Order(order.backup(), service, service + "_again"), RestoreProgress.QUIET))
                .isInstanceOf(Refusal.class)
                .hasMessageContaining("for roles that do not exist: " + reader + "; create them (CREATE ROLE ");
    }

    @Test
    void namesInAnotherEncodingComeBackWithTheirRightsAndComments() throws Exception {
        String service = service();
        String database = "größe_" + service;
        host.cluster()
                .run(
                        "homelab",
                        "CREATE DATABASE \"" + database + "\" OWNER " + service
                                + " TEMPLATE template0 ENCODING 'LATIN1' LC_COLLATE 'C' LC_CTYPE 'C'",
                        "COMMENT ON DATABASE \"" + database + "\" IS 'groß'");
        Contents.runAs(
                server,
                service,
                PASSWORD,
                database,
                "CREATE TABLE public.\"größe\" AS SELECT 'Grüße'::text AS \"wörter\" FROM generate_series(1, 7)",
                "COMMENT ON TABLE public.\"größe\" IS 'groß'",
                "GRANT SELECT ON public.\"größe\" TO PUBLIC");
        backUp(database);

        Restore.Done done = wiring.restore.into(stored(database, service, service + "_back"), RestoreProgress.QUIET);

        assertThat(done.notes()).isEmpty();
        assertThat(done.rows()).isEqualTo(7);
        assertThat(Contents.of(server, service + "_back")).isEqualTo(Contents.of(server, database));
        assertThat(Contents.rows(
                        server,
                        service + "_back",
                        "SELECT obj_description(oid) || relacl::text FROM pg_class WHERE relname = 'größe'"))
                .isEqualTo(Contents.rows(
                        server,
                        database,
                        "SELECT obj_description(oid) || relacl::text FROM pg_class WHERE relname = 'größe'"))
                .hasSize(1);
        assertThat(rows("SELECT shobj_description(oid, 'pg_database') FROM pg_database WHERE datname = '" + service
                        + "_back'"))
                .containsExactly("groß");
    }

    /** The view is filled with what its owner sees, as at the source. */
    @Test
    void aMaterializedViewOverForcedRowSecurityIsFilled() throws Exception {
        String service = service(
                "CREATE TABLE public.t AS SELECT generate_series(1, 10) AS n",
                "ALTER TABLE public.t ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY",
                "CREATE POLICY small ON public.t USING (n < 4)",
                "CREATE MATERIALIZED VIEW public.m AS SELECT n FROM public.t",
                "CREATE MATERIALIZED VIEW public.\"a m\" AS SELECT n FROM public.m",
                "CREATE MATERIALIZED VIEW public.never AS SELECT n FROM public.m WITH NO DATA");
        Restore.Order order = order(service, service + "_back");

        Restore.Done done = wiring.restore.into(order, RestoreProgress.QUIET);

        assertThat(done.rows()).isEqualTo(10);
        assertThat(done.notes()).isEmpty();
        String filled = "SELECT (SELECT count(*) FROM public.m) || ' ' || (SELECT count(*) FROM public.\"a m\") || ' '"
                + " || (SELECT string_agg(relname, ' ') FROM pg_class WHERE relkind = 'm' AND NOT relispopulated)";
        assertThat(host.rows(service, filled)).containsExactly("3 3 never");
        assertThat(host.rows(service + "_back", filled)).containsExactly("3 3 never");
    }

    /** As each session of the database has them, and so had the one that filled it. */
    @ParameterizedTest
    @CsvSource({
        "TimeZone, Asia/Tokyo, 2026-01-02",
        "DateStyle, German, .01.2026",
        "default_text_search_config, pg_catalog.german, '''haus'''"
    })
    void aMaterializedViewIsFilledWithTheSettingsOfItsDatabase(String setting, String value, String shows)
            throws Exception {
        String service =
                service("CREATE TABLE public.t AS SELECT '2026-01-01 20:00Z'::timestamptz AS t, 'Häuser' AS word");
        host.cluster().run("homelab", "ALTER DATABASE " + service + " SET " + setting + " TO '" + value + "'");
        try (Connection owner = host.cluster().server().connectAs(service, PASSWORD, service);
                Statement statement = owner.createStatement()) {
            // The driver has a time zone of its own, and no other DateStyle than ISO.
            statement.execute(
                    "DO $$ BEGIN SET LOCAL " + setting + " TO '" + value + "'; CREATE MATERIALIZED VIEW public.m"
                            + " AS SELECT t::date::text AS day, to_tsvector(word)::text AS words FROM public.t; END $$");
        }
        String filled = "SELECT m::text FROM public.m AS m";
        assertThat(host.rows(service, filled)).singleElement().asString().contains(shows);

        Restore.Done done = wiring.restore.into(order(service, service + "_back"), RestoreProgress.QUIET);

        assertThat(done.notes()).isEmpty();
        assertThat(host.rows(service + "_back", filled)).isEqualTo(host.rows(service, filled));
    }

    /** Generated columns, indexes and constraints, while the rows are loaded. */
    @Test
    void expressionsAreEvaluatedWithTheSettingsOfTheirDatabase() throws Exception {
        String service = service(
                "CREATE FUNCTION public.day(timestamptz) RETURNS date IMMUTABLE LANGUAGE sql AS 'SELECT $1::date'",
                "CREATE TABLE public.shift (x timestamptz CHECK (extract(hour FROM x) BETWEEN 4 AND 9),"
                        + " day date GENERATED ALWAYS AS (public.day(x)) STORED, price money)",
                "CREATE UNIQUE INDEX ON public.shift (public.day(x))",
                "CREATE FUNCTION public.to_day(text) RETURNS date IMMUTABLE LANGUAGE sql AS 'SELECT $1::date'",
                "CREATE FUNCTION public.rate() RETURNS text IMMUTABLE LANGUAGE sql AS $$SELECT current_setting('app.rate', true)$$",
                "CREATE TABLE public.bill (due text, day date GENERATED ALWAYS AS (public.to_day(due)) STORED,"
                        + " rate text GENERATED ALWAYS AS (public.rate()) STORED)");
        host.cluster()
                .run(
                        "homelab",
                        "ALTER DATABASE " + service + " SET app.rate TO '19'",
                        "ALTER DATABASE " + service + " SET timezone TO 'Asia/Tokyo'",
                        "ALTER DATABASE " + service + " SET datestyle TO 'ISO, DMY'",
                        "ALTER DATABASE " + service + " SET default_text_search_config TO 'public.none_such'");
        try (Connection owner = host.cluster().server().connectAs(service, PASSWORD, service);
                Statement statement = owner.createStatement()) {
            statement.execute("SET TimeZone TO 'Asia/Tokyo'");
            statement.execute("INSERT INTO public.shift VALUES ('2026-01-01 20:00Z'), ('2025-12-31 20:30Z')");
            statement.execute(
                    "DO $$ BEGIN SET LOCAL datestyle TO 'ISO, DMY'; INSERT INTO public.bill VALUES ('03/02/2026'); END $$");
        }
        String all =
                "SELECT extract(epoch FROM x) || ' ' || day FROM public.shift UNION SELECT due || ' ' || day || ' ' || rate FROM public.bill"
                        + " ORDER BY 1";
        assertThat(host.rows(service, all)).contains("03/02/2026 2026-02-03 19");
        wiring.restore.into(order(service, service + "_back"), RestoreProgress.QUIET);
        assertThat(host.rows(service + "_back", all)).isEqualTo(host.rows(service, all));

        wiring.restore.replace(order(service, service), RestoreProgress.QUIET);
        assertThat(host.rows(service, all)).isEqualTo(host.rows(service + "_back", all));

        Wiring encrypting =
                host.wiring("pgsteward.backup.recipients", Age.keys().recipient());
        try (Pipeline running = encrypting.backupPipeline().start()) {
            assertThat(running).isNotNull();
            Backup encrypted = host.backUp(encrypting, service);
            assertThat(encrypted.error()).isEmpty();
            assertThat(encrypted.verification().inStream()).isTrue();
        }
        try (Stream<Path> files = Files.list(host.store().resolve(service))) {
            assertThat(files.filter(file -> file.toString().endsWith(".manifest.json")))
                    .as("a setting of an application may be a secret")
                    .hasSizeGreaterThan(1)
                    .allSatisfy(file -> assertThat(Files.readString(file))
                            .contains("\"app.rate\" : \"\"")
                            .contains("\"TimeZone\" : \"Asia/Tokyo\""));
        }
    }

    /** Its owner granted something to the role of a restore, and closed the database. */
    @Test
    void aDatabaseThatIsClosedKeepsNobodyElseFromBeingRestored() throws Exception {
        String evil = service("CREATE TABLE public.t (n int)");
        String service = service("CREATE TABLE public.t AS SELECT 1 AS n");
        Restore.Order order = order(service, service + "_back");
        try {
            wiring.restore.into(order, new RestoreProgress() {
                @Override
                public void step(String what) {
                    if (what.startsWith("a role that logs in")) {
                        grantAndClose(evil);
                    }
                }

                @Override
                public void poured(long bytes, long total) {}
            });

            assertThat(host.rows(service + "_back", "SELECT n FROM public.t")).containsExactly("1");
            assertThat(host.rows(
                            "homelab",
                            "SELECT rolcanlogin::text FROM pg_roles WHERE rolname LIKE 'pgsteward\\_restore\\_%'"))
                    .containsExactly("false");
        } finally {
            host.cluster().run("homelab", "ALTER DATABASE " + evil + " ALLOW_CONNECTIONS true");
        }
        wiring.restore.replace(order(service, service), RestoreProgress.QUIET);
        assertThat(leftovers()).as("the next restore drops the role").isEmpty();
    }

    private void grantAndClose(String evil) {
        try {
            String guest = host.rows(
                            "homelab", "SELECT rolname FROM pg_roles WHERE rolname LIKE 'pgsteward\\_restore\\_%'")
                    .get(0);
            Contents.runAs(server, evil, PASSWORD, evil, "GRANT SELECT ON public.t TO " + guest);
            host.cluster().run("homelab", "ALTER DATABASE " + evil + " ALLOW_CONNECTIONS false");
        } catch (SQLException e) {
            throw new AssertionError(e);
        }
    }

    /** To lend its owner a wrapper of which he has none would let a hostile dump describe servers of its own. */
    @Test
    void aServerThatOnlyTheAdministratorMayDescribeIsNotCalledProved() throws Exception {
        String service = service("CREATE TABLE public.t AS SELECT 1 AS n");
        host.cluster()
                .run(
                        service,
                        "CREATE EXTENSION postgres_fdw SCHEMA public",
                        "CREATE SERVER elsewhere FOREIGN DATA WRAPPER postgres_fdw OPTIONS (host 'localhost')",
                        "GRANT USAGE ON FOREIGN SERVER elsewhere TO " + service);
        Wiring trusting = host.wiring("pgsteward.extensions.allowed", "postgres_fdw");

        Backup backup = host.backUp(wiring, service);

        assertThat(backup.state()).isEqualTo(BackupState.UNVERIFIABLE);
        assertThat(backup.error()).contains("permission denied for foreign-data wrapper postgres_fdw");
        assertThatThrownBy(
                        () -> trusting.restore.into(stored(service, service, service + "_back"), RestoreProgress.QUIET))
                .hasMessageContaining("permission denied for foreign-data wrapper postgres_fdw");
        host.cluster().run(service, "GRANT USAGE ON FOREIGN DATA WRAPPER postgres_fdw TO " + service);
        assertThat(host.backUp(wiring, service).state()).isEqualTo(BackupState.VERIFIED);
        trusting.restore.into(stored(service, service, service + "_back"), RestoreProgress.QUIET);
    }

    @Test
    void aNewDatabaseHasWhatWasSetAndGrantedOnTheOneThatWasDumped() throws Exception {
        String service = service("CREATE TABLE public.t AS SELECT 1 AS n");
        String back = "Back of " + service;
        host.cluster()
                .run(
                        "homelab",
                        "CREATE ROLE granted_" + service,
                        "CREATE ROLE gone_" + service,
                        "GRANT CONNECT ON DATABASE " + service + " TO granted_" + service,
                        "GRANT CONNECT ON DATABASE " + service + " TO gone_" + service,
                        "GRANT ALL ON DATABASE " + service + " TO PUBLIC",
                        "ALTER DATABASE " + service + " SET search_path = \"$user\", public, \"odd, one\"",
                        "ALTER DATABASE " + service + " SET work_mem = '3MB'",
                        "ALTER DATABASE " + service + " CONNECTION LIMIT 40",
                        "COMMENT ON DATABASE " + service + " IS 'it''s \\ mine; and mine'");
        backUp(service);
        List<String> set = settings(service);
        host.cluster()
                .run(
                        "homelab",
                        "REVOKE ALL ON DATABASE " + service + " FROM PUBLIC, gone_" + service,
                        "DROP ROLE gone_" + service);

        Restore.Done done = wiring.restore.into(stored(service, service, back), RestoreProgress.QUIET);

        assertThat(settings(back)).isEqualTo(set).hasSizeGreaterThan(4);
        assertThat(rights(back)).isEqualTo(rights(service)).contains("granted_" + service + " CONNECT");
        assertThat(done.notes())
                .containsExactly(
                        "GRANT CONNECT ON DATABASE \"" + back + "\" TO gone_" + service + ": ERROR: role \"gone_"
                                + service + "\" does not exist",
                        "left out: GRANT ALL ON DATABASE \"" + back + "\" TO PUBLIC");
        host.cluster().run("homelab", "DROP DATABASE \"" + back + "\"");
        wiring.restore.into(order(service("CREATE TABLE public.u AS SELECT 1 AS n"), back), RestoreProgress.QUIET);
        assertThat(rows(
                        "SELECT COALESCE(shobj_description(oid, 'pg_database'), 'none') FROM pg_database WHERE datname = '"
                                + back + "'"))
                .containsExactly("none");
    }

    private static Optional<Programs> found(int major) {
        try {
            return Optional.of(Programs.find(Optional.empty(), major));
        } catch (IOException notHere) {
            return Optional.empty();
        }
    }

    @Test
    void whatIsNotToBeHadIsRefusedInOneLineAndNothingIsTouched() throws Exception {
        String service = service("CREATE TABLE public.t AS SELECT 1 AS n");
        List<String> before = databases();

        refused(order(service, service), "database " + service + " exists: choose another name");
        refused(order(service, "x".repeat(64)), "a name has 1 to 63 bytes");
        refused(order(service, ""), "a name has 1 to 63 bytes");
        refused(order(service, "pgsteward_restore_0123abcd"), "is kept for restores under way");
        refused(
                new Restore.Order(order(service, "nobodys").backup(), "nobody", "nobodys"),
                "role nobody, to which the database belonged, does not exist");
        assertThatThrownBy(() -> wiring.restore.replace(order(service, "not_there"), RestoreProgress.QUIET))
                .isInstanceOf(Refusal.class)
                .hasMessage("there is no database not_there to replace: say --into not_there");
        for (String never : List.of("homelab", "postgres", "template1")) {
            assertThatThrownBy(() -> wiring.restore.replace(order(service, never), RestoreProgress.QUIET))
                    .isInstanceOf(Refusal.class)
                    .hasMessageContaining("is not replaced while the server works with it");
        }
        assertThat(databases()).isEqualTo(before);
    }

    @Test
    void aFileThatCameToHarmOrIsGoneIsRefusedBeforeAnythingIsTouched() throws Exception {
        String service = service("CREATE TABLE public.t AS SELECT 1 AS n");
        Restore.Order order = order(service, service + "_back");
        Path file = host.store().resolve(order.backup().path());
        List<String> before = databases();
        byte[] bytes = Files.readAllBytes(file);
        bytes[bytes.length / 2] ^= 1;
        Files.write(file, bytes);
        refused(order, "the file's SHA-256 is ");
        Files.delete(file);
        refused(order, "is not there; 'pgsteward backups' lists what else there is");
        assertThat(databases()).isEqualTo(before);
    }

    @Test
    void anExtensionThatIsNotAllowedIsRefusedByName() throws Exception {
        String service = service("CREATE EXTENSION hstore SCHEMA public");
        Wiring strict = host.wiring("pgsteward.extensions.allowed", "citext");
        assertThatThrownBy(() -> strict.restore.into(order(service, service + "_back"), RestoreProgress.QUIET))
                .isInstanceOf(Refusal.class)
                .hasMessageContaining("wants extensions that are not allowed: hstore")
                .hasMessageContaining("PGSTEWARD_EXTENSIONS_ALLOWED");
    }

    @Test
    void aManifestThatSaysOtherCountsLeavesNoDatabase() throws Exception {
        String service = service("CREATE TABLE public.t AS SELECT generate_series(1, 10)");
        Restore.Order order = order(service, service + "_back");
        Path manifest = host.store().resolve(order.backup().path() + ".manifest.json");
        Manifests.write(manifest, Files.readString(manifest).replace("\"public.t\" : 10", "\"public.t\" : 11"));

        assertThatThrownBy(() -> wiring.restore.into(order(service, service + "_back"), RestoreProgress.QUIET))
                .isInstanceOf(IOException.class)
                .hasMessageContaining("public.t has 10 rows, not 11");

        assertThat(databases()).doesNotContain(service + "_back");
        Manifests.write(manifest, Files.readString(manifest).replace("\"public.t\" : 11", "\"t; DROP ROLE x\" : 11"));
        assertThat(Inventory.of(wiring.store).of(service)).isEmpty();
        assertThat(Inventory.of(wiring.store).unreadable().get(order.backup().path() + ".manifest.json"))
                .contains("a table name that no backup has: t; DROP ROLE x");
    }

    /** What a service may leave in its database for whoever restores it. */
    private static String[] trap(String attempt) {
        return new String[] {
            "SET search_path = public",
            "CREATE FUNCTION fine(INT) RETURNS BOOLEAN LANGUAGE plpgsql AS 'BEGIN RETURN true; END'",
            "CREATE TABLE trap (n INT CHECK (fine(n)))",
            "INSERT INTO trap VALUES (1)",
            "CREATE OR REPLACE FUNCTION fine(INT) RETURNS BOOLEAN LANGUAGE plpgsql AS $f$ BEGIN " + attempt
                    + " RETURN true; END $f$"
        };
    }

    @Test
    void whatADumpSmugglesInStopsTheRestoreWhenItAsksForMoreThanTheServiceMay() throws Exception {
        Path marker = Path.of("/tmp", "pgsteward-marker-" + UUID.randomUUID());
        String service = service(trap("EXECUTE $x$ COPY (SELECT 1) TO PROGRAM 'touch " + marker + "' $x$;"));

        assertThatThrownBy(() -> wiring.restore.into(order(service, service + "_back"), RestoreProgress.QUIET))
                .hasMessageContaining("it holds what only a superuser may restore");

        assertThat(marker).doesNotExist();
        assertThat(databases()).doesNotContain(service + "_back");
    }

    @Test
    void whatADumpTriesInSilenceDoesNotMakeItASuperuserNorStartAProgram() throws Exception {
        Path marker = Path.of("/tmp", "pgsteward-marker-" + UUID.randomUUID());
        StringBuilder tries = new StringBuilder();
        for (String attempt : List.of(
                "RESET ROLE",
                "RESET SESSION AUTHORIZATION",
                "SET SESSION AUTHORIZATION homelab",
                "SET ROLE homelab",
                "SET ROLE pg_execute_server_program",
                "ALTER ROLE CURRENT_USER SUPERUSER",
                "ALTER ROLE SESSION_USER SUPERUSER",
                "GRANT homelab TO CURRENT_USER",
                "GRANT pg_execute_server_program TO SESSION_USER",
                "CREATE ROLE made_by_a_dump SUPERUSER",
                "COPY (SELECT 1) TO PROGRAM ''touch " + marker + "''",
                "COPY (SELECT 1) TO ''" + marker + "''",
                "CREATE FUNCTION c() RETURNS INT LANGUAGE c AS ''libc'', ''system''",
                "DROP DATABASE homelab")) {
            tries.append("BEGIN EXECUTE '").append(attempt).append("'; EXCEPTION WHEN OTHERS THEN NULL; END; ");
        }
        String service = service(trap(tries.toString()));

        Restore.Done done = wiring.restore.into(order(service, service + "_back"), RestoreProgress.QUIET);

        assertThat(done.rows()).isEqualTo(1);
        assertThat(marker).doesNotExist();
        assertThat(rows("SELECT rolname FROM pg_roles WHERE rolsuper OR rolname = 'made_by_a_dump'"))
                .containsExactly("homelab");
        assertThat(rows("SELECT member::regrole::text FROM pg_auth_members WHERE member >= 16384"))
                .isEmpty();
        assertThat(Contents.rows(
                        server,
                        service + "_back",
                        "SELECT DISTINCT pg_get_userbyid(relowner) FROM pg_class WHERE oid >= 16384"
                                + " UNION SELECT pg_get_userbyid(proowner) FROM pg_proc WHERE oid >= 16384"))
                .containsExactly(service);
    }

    @Test
    void whatWasPutIntoADumpToBeSetOnTheDatabaseIsNotRunByTheAdministrator() throws Exception {
        String database = host.cluster().newDatabase();
        host.cluster().run("homelab", "ALTER DATABASE " + database + " SET app.x = '" + "x".repeat(100) + "'");
        backUp(database);
        Restore.Order order = stored(database, "homelab", database + "_back");
        Path file = host.store().resolve(order.backup().path());
        byte[] archive = new com.github.luben.zstd.ZstdInputStream(Files.newInputStream(file)).readAllBytes();
        String text = new String(archive, java.nio.charset.StandardCharsets.ISO_8859_1);
        String said = text.substring(text.indexOf("ALTER DATABASE " + database + " SET "));
        said = said.substring(0, said.indexOf(';'));
        String begin =
                "ALTER DATABASE " + database + " SET app.x TO $a$ ' $a$; CREATE ROLE mallory SUPERUSER LOGIN; --";
        String hostile = begin + " ".repeat(said.length() - begin.length() - 1) + "'";
        byte[] stored = com.github.luben.zstd.Zstd.compress(
                text.replace(said, hostile).getBytes(java.nio.charset.StandardCharsets.ISO_8859_1));
        Files.write(file, stored);
        Path manifest = host.store().resolve(order.backup().path() + ".manifest.json");
        Manifests.write(
                manifest,
                Files.readString(manifest)
                        .replace(
                                order.backup().manifest().file().sha256(),
                                java.util.HexFormat.of()
                                        .formatHex(java.security.MessageDigest.getInstance("SHA-256")
                                                .digest(stored))));

        Restore.Done done = wiring.restore.into(stored(database, "homelab", database + "_back"), RestoreProgress.QUIET);

        assertThat(rows("SELECT rolname FROM pg_roles WHERE rolname = 'mallory'"))
                .isEmpty();
        assertThat(done.notes())
                .containsExactly(
                        "1 of the dump's statements about the database are none that pg_dump writes, and are not run");
    }

    @Test
    void aDatabaseOfASuperuserIsGivenToHimOnlyWhereNothingInItRunsWithHisRights() throws Exception {
        String plain = host.cluster().newDatabase();
        host.cluster().run(plain, "CREATE TABLE public.t AS SELECT generate_series(1, 3) AS n");
        backUp(plain);
        String code = host.cluster().newDatabase();
        host.cluster().run(code, "CREATE VIEW public.logins AS SELECT * FROM pg_catalog.pg_authid");
        backUp(code);

        wiring.restore.into(stored(plain, "homelab", plain + "_back"), RestoreProgress.QUIET);
        refused(stored(code, "homelab", code + "_back"), "and holds view public.logins, which would run with them");

        assertThat(Contents.of(server, plain + "_back")).isEqualTo(Contents.of(server, plain));
        assertThat(rows("SELECT pg_get_userbyid(datdba) FROM pg_database WHERE datname = '" + plain + "_back'"))
                .containsExactly("homelab");
    }

    @Test
    void underLoadNobodyEverSeesAnEmptyOrHalfDatabaseAndWhatWasSetOnItStays() throws Exception {
        String service = service(
                "CREATE TABLE public.a AS SELECT generate_series(1, 5000) AS n",
                "CREATE TABLE public.b AS SELECT generate_series(1, 5000) AS n");
        host.cluster()
                .run(
                        "homelab",
                        "CREATE ROLE reader_of_" + service + " LOGIN",
                        "GRANT CONNECT ON DATABASE " + service + " TO reader_of_" + service,
                        "ALTER DATABASE " + service + " SET search_path = \"$user\", public, \"odd, one\"",
                        "ALTER DATABASE " + service + " SET work_mem = '3MB'",
                        "ALTER DATABASE " + service + " CONNECTION LIMIT 40",
                        "COMMENT ON DATABASE " + service + " IS 'it''s mine'");
        Restore.Order order = order(service, service);
        Contents.runAs(server, service, PASSWORD, service, "DELETE FROM public.b WHERE n > 10");
        List<String> set = settings(service);
        AtomicBoolean done = new AtomicBoolean();
        Set<String> seen = ConcurrentHashMap.newKeySet();
        AtomicInteger errors = new AtomicInteger();
        AtomicInteger answers = new AtomicInteger();
        List<Thread> clients = new ArrayList<>();
        for (int i = 0; i < 4; i++) {
            boolean stays = i % 2 == 0;
            Thread client = new Thread(() -> {
                while (!done.get()) {
                    look(service, stays, done, seen, errors, answers);
                }
            });
            clients.add(client);
            client.start();
        }
        await().until(() -> answers.get() > 20);

        Restore.Done replaced = wiring.restore.replace(order, RestoreProgress.QUIET);

        int before = answers.get();
        await().until(() -> answers.get() > before + 20);
        done.set(true);
        for (Thread client : clients) {
            client.join();
        }
        assertThat(seen).containsExactlyInAnyOrder("5000 10", "5000 5000");
        assertThat(errors.get()).isPositive();
        assertThat(replaced.swapTime()).isLessThan(Duration.ofSeconds(5));
        String kept = replaced.kept().orElseThrow();
        assertThat(kept).matches(service + "_before_\\d{8}T\\d{6}Z");
        assertThat(rows("SELECT datallowconn || ' ' || pg_get_userbyid(datdba) FROM pg_database WHERE datname = '"
                        + kept + "'"))
                .containsExactly("false homelab");
        assertThat(settings(service)).isEqualTo(set).hasSizeGreaterThan(4);
        assertThat(rights(service)).contains("reader_of_" + service + " CONNECT");
        host.cluster().run("homelab", "ALTER DATABASE \"" + kept + "\" ALLOW_CONNECTIONS true");
        assertThat(Contents.rows(server, kept, "SELECT count(*) FROM public.b")).containsExactly("10");
        System.out.println("swapped under load in " + replaced.swapTime().toMillis() + " ms");
    }

    /** Both tables in one statement, over a connection that stays or over one of its own. */
    private void look(
            String service,
            boolean stays,
            AtomicBoolean done,
            Set<String> seen,
            AtomicInteger errors,
            AtomicInteger answers) {
        try (Connection connection = server.connectAs(service, PASSWORD, service);
                Statement statement = connection.createStatement()) {
            do {
                try (ResultSet row = statement.executeQuery(
                        "SELECT (SELECT count(*) FROM public.a) || ' ' || (SELECT count(*) FROM public.b)")) {
                    row.next();
                    seen.add(row.getString(1));
                    answers.incrementAndGet();
                }
            } while (stays && !done.get());
        } catch (SQLException e) {
            errors.incrementAndGet();
            if (!String.valueOf(e.getSQLState()).matches("57P01|3D000|08.*")) {
                seen.add(e.getSQLState() + " " + e.getMessage());
            }
        }
    }

    @Test
    void aServiceCannotKeepTheTurnOfRestores() throws Exception {
        String service = service("CREATE TABLE public.t AS SELECT 1 AS n");
        Restore.Order order = order(service, service + "_back");
        host.cluster().run("homelab", "GRANT CONNECT ON DATABASE homelab TO " + service);
        try (ObstinateSession holding = new ObstinateSession(server, service, PASSWORD)) {
            assertThat(holding).isNotNull();
            assertThat(wiring.restore.into(order, RestoreProgress.QUIET).rows()).isEqualTo(1);
        }
    }

    @Test
    void aSecondRestoreWhileOneIsUnderWayIsRefused() throws Exception {
        String service = service("CREATE TABLE public.t AS SELECT 1 AS n");
        Restore.Order order = order(service, service + "_back");
        Wiring elsewhere = host.wiring(
                "pgsteward.state.dir", host.folder().resolve("state-elsewhere").toString());
        List<String> refusals = new ArrayList<>();
        RestoreProgress meddler = new RestoreProgress() {
            @Override
            public void step(String what) {
                for (Wiring second : refusals.isEmpty() ? List.of(wiring, elsewhere) : List.<Wiring>of()) {
                    try {
                        second.house.order();
                        second.restore.into(stored(service, service, "second"), RestoreProgress.QUIET);
                    } catch (Exception e) {
                        refusals.add(String.valueOf(e.getMessage()));
                    }
                    try {
                        second.recovery.rebuild(RestoreProgress.QUIET, Recovery.Consent.NONE);
                    } catch (Exception e) {
                        refusals.add(String.valueOf(e.getMessage()));
                    }
                }
            }

            @Override
            public void poured(long bytes, long total) {}
        };
        Restore.Done done = wiring.restore.into(order, meddler);
        assertThat(refusals).hasSize(4).containsOnly("another restore is under way");
        assertThat(done.rows()).isEqualTo(1);
    }

    /** A role and its database, as the provisioner leaves them, filled by the role itself. */
    private String service(String... statements) throws SQLException {
        String name = "s" + UUID.randomUUID().toString().replace("-", "").substring(0, 10);
        host.cluster()
                .run(
                        "homelab",
                        "CREATE ROLE " + name + " LOGIN PASSWORD "
                                + org.pgsteward.postgres.Quote.literal(PASSWORD.reveal()),
                        "CREATE DATABASE " + name + " OWNER " + name + " TEMPLATE template0",
                        "REVOKE ALL ON DATABASE " + name + " FROM PUBLIC");
        Contents.runAs(server, name, PASSWORD, name, statements);
        return name;
    }

    private void backUp(String database) throws SQLException {
        Backup backup = host.backUp(wiring, database);
        assertThat(backup.state()).as(backup.error()).isIn(BackupState.VERIFIED, BackupState.UNVERIFIABLE);
    }

    /** Backs it up, and says what to restore of it. */
    private Restore.Order order(String service, String database) throws Exception {
        if (host.stored(service).isEmpty()) {
            backUp(service);
        }
        return stored(service, service, database);
    }

    private Restore.Order stored(String service, String owner, String database) throws IOException {
        return new Restore.Order(Inventory.of(wiring.store).of(service).get(0), owner, database);
    }

    private void refused(Restore.Order order, String because) {
        assertThatThrownBy(() -> wiring.restore.into(order, RestoreProgress.QUIET))
                .isInstanceOf(Refusal.class)
                .hasMessageContaining(because)
                .hasMessageNotContaining("\n");
    }

    private List<String> rows(String sql) throws SQLException {
        return Contents.rows(server, "homelab", sql);
    }

    private List<String> databases() throws SQLException {
        return rows("SELECT datname FROM pg_database ORDER BY 1");
    }

    private List<String> leftovers() throws SQLException {
        return rows("SELECT datname FROM pg_database WHERE datname LIKE 'pgsteward%'"
                + " UNION ALL SELECT rolname FROM pg_roles WHERE rolname LIKE 'pgsteward%'");
    }

    private List<String> rights(String database) throws SQLException {
        return rows("SELECT CASE acl.grantee WHEN 0 THEN 'PUBLIC' ELSE acl.grantee::regrole::text END || ' ' ||"
                + " acl.privilege_type FROM pg_database, aclexplode(datacl) AS acl WHERE datname = '" + database
                + "' ORDER BY 1");
    }

    /** What is set on a database, by name. */
    private List<String> settings(String database) throws SQLException {
        return rows("SELECT s.setrole || ' ' || unnest(s.setconfig) FROM pg_db_role_setting AS s JOIN pg_database AS d"
                + " ON d.oid = s.setdatabase WHERE d.datname = '" + database
                + "' UNION ALL SELECT datconnlimit::text FROM pg_database WHERE datname = '" + database
                + "' UNION ALL SELECT shobj_description(oid, 'pg_database') FROM pg_database WHERE datname = '"
                + database
                + "' UNION ALL SELECT pg_get_userbyid(datdba) FROM pg_database WHERE datname = '" + database
                + "' ORDER BY 1");
    }
}
