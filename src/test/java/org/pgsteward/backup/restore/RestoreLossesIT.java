package org.pgsteward.backup.restore;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.SQLException;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.Timeout;
import org.pgsteward.TestHost;
import org.pgsteward.app.Wiring;
import org.pgsteward.backup.Age;
import org.pgsteward.backup.Contents;
import org.pgsteward.backup.store.Inventory;
import org.pgsteward.camel.Pipeline;
import org.pgsteward.model.Backup;
import org.pgsteward.model.Secret;
import org.pgsteward.postgres.ExtendedPostgres;
import org.pgsteward.postgres.NeedsPostgres;
import org.pgsteward.postgres.Programs;
import org.pgsteward.postgres.Quote;
import org.pgsteward.postgres.TestCluster;

/** Contents of a database that no dump includes. The backup and the restore name them. */
@NeedsPostgres
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@Timeout(value = 20, unit = TimeUnit.MINUTES)
class RestoreLossesIT {
    private static final Secret PASSWORD = new Secret("pw");

    private static final String FILLED = """
            CREATE TABLE @extschema@.own (id INT);
            INSERT INTO @extschema@.own VALUES (1), (2);
            CREATE TABLE @extschema@.marked (id INT);
            INSERT INTO @extschema@.marked VALUES (1);
            SELECT pg_catalog.pg_extension_config_dump('@extschema@.marked', 'WHERE id > 1');
            """;

    private ExtendedPostgres postgres;
    private TestHost host;
    private Wiring wiring;
    private Pipeline pipeline;

    @BeforeAll
    void startHost() throws Exception {
        Programs installed = TestCluster.programs();
        assumeTrue(
                Files.isDirectory(Path.of("/usr/share/postgresql/" + installed.major())),
                "skipped: PostgreSQL is not installed as on Debian, cannot add a test extension");
        postgres = ExtendedPostgres.of(installed).with("filled", false, FILLED);
        host = TestHost.start(TestCluster.start(postgres.programs()));
        host.environment()
                .putAll(Map.of(
                        "PGSTEWARD_POSTGRES_BINDIR",
                        postgres.programs().directory().toString(),
                        "PGSTEWARD_EXTENSIONS_ALLOWED",
                        "hstore,filled"));
        wiring = host.wiring();
        wiring.house.order();
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

    @Test
    void aViewThatRowSecurityEmptiesIsNamed() throws Exception {
        String service = service(
                "CREATE TABLE public.t AS SELECT generate_series(1, 90) AS n",
                "CREATE VIEW public.v AS SELECT n FROM public.t",
                "CREATE MATERIALIZED VIEW public.m AS SELECT n FROM public.v",
                "CREATE MATERIALIZED VIEW public.of_m AS SELECT n FROM public.m",
                "ALTER TABLE public.t ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY",
                "CREATE MATERIALIZED VIEW public.empty_at_the_source AS SELECT n FROM public.t",
                "CREATE MATERIALIZED VIEW public.fine AS SELECT 1 AS n");
        String empty = " is empty: it had rows when it was dumped, but its owner now sees"
                + " none (because of row security, or a setting of the session that filled it)";

        Backup backup = backUp(wiring, service);
        Restore.Done done = wiring.restore.into(order(service), RestoreProgress.QUIET);

        assertThat(backup.caveats())
                .containsExactly(
                        "after a restore materialized view public.m" + empty,
                        "after a restore materialized view public.of_m" + empty);
        assertThat(done.notes())
                .containsExactly("materialized view public.m" + empty, "materialized view public.of_m" + empty);
        assertThat(backUpEncrypted(service).caveats()).isEqualTo(backup.caveats());
    }

    @Test
    void viewsWhoseRowsDependOnTheSessionAreNamed() throws Exception {
        String service = service(
                "CREATE TABLE public.tenants AS SELECT n, 'acme' AS tenant FROM generate_series(1, 50) AS n",
                "ALTER TABLE public.tenants ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY",
                "CREATE POLICY one ON public.tenants USING (tenant = current_setting('app.tenant', true))",
                "CREATE TABLE public.notes AS SELECT n, session_user::text AS who FROM generate_series(1, 9) AS n",
                "CREATE FUNCTION public.who() RETURNS text STABLE LANGUAGE sql AS 'SELECT Session_User::text'",
                "ALTER TABLE public.notes ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY",
                "CREATE POLICY one ON public.notes FOR SELECT USING (who = public.who())",
                "CREATE VIEW public.of_notes WITH (security_invoker) AS SELECT n FROM public.notes",
                "SET app.tenant = 'acme'",
                "CREATE MATERIALIZED VIEW public.totals AS SELECT count(*), sum(n) FROM public.tenants",
                "CREATE MATERIALIZED VIEW public.of_totals AS SELECT * FROM public.totals",
                "CREATE MATERIALIZED VIEW public.count AS SELECT count(*) FROM public.of_notes",
                "CREATE MATERIALIZED VIEW public.mine AS SELECT session_user AS who",
                "CREATE MATERIALIZED VIEW public.unfilled AS SELECT session_user AS who WITH NO DATA");
        String may = "a restore may fill materialized views with other rows than they have now, because their queries"
                + " depend on the session (SESSION_USER, current_setting, row security): public.count, public.mine,"
                + " public.of_totals, public.totals";

        Backup backup = backUp(wiring, service);
        Restore.Done done = wiring.restore.into(order(service), RestoreProgress.QUIET);

        assertThat(backup.caveats()).containsExactly(may);
        assertThat(done.notes()).containsExactly(may);
        assertThat(backUpEncrypted(service).caveats()).isEqualTo(backup.caveats());
    }

    /** This includes stale views, and views over row security that does not apply to their owner. */
    @Test
    void viewsWhoseRowsDependOnTablesAloneAreNoLoss() throws Exception {
        String service = service(
                "CREATE TABLE public.t AS SELECT n, current_user::text AS who FROM generate_series(1, 50) AS n",
                "CREATE MATERIALIZED VIEW public.stale AS SELECT count(*) AS \"session_user\", 'SESSION_USER' FROM public.t",
                "INSERT INTO public.t SELECT n, current_user FROM generate_series(1, 50) AS n",
                "CREATE TABLE public.owned AS TABLE public.t",
                "ALTER TABLE public.owned ENABLE ROW LEVEL SECURITY",
                "CREATE POLICY one ON public.owned USING (who = session_user)",
                "CREATE MATERIALIZED VIEW public.of_owned AS SELECT n FROM public.owned",
                "CREATE TABLE public.forced AS TABLE public.t",
                "ALTER TABLE public.forced ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY",
                "CREATE POLICY one ON public.forced USING (who = current_user)",
                "CREATE POLICY two ON public.forced FOR DELETE USING (who = session_user)",
                "CREATE MATERIALIZED VIEW public.of_forced AS SELECT count(*) FROM public.forced");

        assertThat(backUp(wiring, service).caveats()).isEmpty();
        assertThat(wiring.restore.into(order(service), RestoreProgress.QUIET).notes())
                .isEmpty();
    }

    @Test
    void aTableOfAnExtensionThatHeldMoreRowsIsNamed() throws Exception {
        String service = service(
                "CREATE EXTENSION hstore SCHEMA public",
                "CREATE TABLE public.member AS SELECT generate_series(1, 77) AS n",
                "ALTER EXTENSION hstore ADD TABLE public.member",
                "CREATE TABLE public.\"empty one\" (n INT)",
                "ALTER EXTENSION hstore ADD TABLE public.\"empty one\"",
                "CREATE TABLE public.t AS SELECT 1 AS n");
        String lost =
                "table public.member has 0 of 77 rows: it belongs to extension hstore, and pg_dump leaves out tables of extensions";

        Backup backup = backUp(wiring, service);
        Restore.Done done = wiring.restore.into(order(service), RestoreProgress.QUIET);

        assertThat(backup.caveats()).containsExactly("after a restore " + lost);
        assertThat(done.notes()).containsExactly(lost);
        assertThat(backUpEncrypted(service).caveats()).isEqualTo(backup.caveats());
    }

    @Test
    void objectsThatWereAddedToAnExtensionAreNamed() throws Exception {
        String service = service(
                "CREATE EXTENSION hstore SCHEMA public",
                "CREATE SEQUENCE public.counter",
                "CREATE VIEW public.seen AS SELECT 1 AS n",
                "CREATE FUNCTION public.twice(n INT) RETURNS INT LANGUAGE sql AS 'SELECT 2 * n'",
                "ALTER EXTENSION hstore ADD SEQUENCE public.counter",
                "ALTER EXTENSION hstore ADD VIEW public.seen",
                "ALTER EXTENSION hstore ADD FUNCTION public.twice(INT)",
                "CREATE TABLE public.t AS SELECT 1 AS n");
        String because = " is missing: it belongs to extension hstore, and pg_dump leaves out objects of extensions";

        Backup backup = backUp(wiring, service);
        Restore.Done done = wiring.restore.into(order(service), RestoreProgress.QUIET);

        assertThat(done.notes())
                .containsExactly(
                        "function public.twice(integer)" + because,
                        "sequence public.counter" + because,
                        "view public.seen" + because);
        assertThat(backup.caveats())
                .containsExactlyElementsOf(done.notes().stream()
                        .map(note -> "after a restore " + note)
                        .toList());
        assertThat(backUpEncrypted(service).caveats()).isEqualTo(backup.caveats());
    }

    /** After an update of an extension its members are older than the extension's row in the catalog. */
    @Test
    void objectsOfAnUpdatedExtensionAreNoLoss() throws Exception {
        String service = service("CREATE EXTENSION hstore SCHEMA public", "CREATE TABLE public.t AS SELECT 1 AS n");
        host.cluster().run(service, "UPDATE pg_catalog.pg_extension SET extversion = extversion");

        assertThat(backUp(wiring, service).caveats()).isEmpty();
        assertThat(wiring.restore.into(order(service), RestoreProgress.QUIET).notes())
                .isEmpty();
    }

    @Test
    void objectsInTheSchemasOfPostgresAreNamed() throws Exception {
        String service = service("CREATE TABLE public.t AS SELECT 1 AS n");
        host.cluster()
                .run(
                        service,
                        "CREATE EXTENSION hstore SCHEMA pg_catalog",
                        "CREATE TABLE information_schema.mine (id SERIAL, n INT GENERATED ALWAYS AS IDENTITY)",
                        "CREATE VIEW information_schema.seen AS SELECT 1 AS n",
                        "CREATE SEQUENCE information_schema.counter",
                        "CREATE TYPE information_schema.pair AS (a INT, b INT)",
                        "CREATE FUNCTION pg_catalog.twice(n INT) RETURNS INT LANGUAGE sql AS 'SELECT 2 * n'");
        String lost = "dumps do not contain objects in PostgreSQL's own schemas: function"
                + " pg_catalog.twice(integer), sequence information_schema.counter, table information_schema.mine,"
                + " type information_schema.pair, view information_schema.seen; move them into another schema";

        Backup backup = backUp(wiring, service);
        Restore.Done done = wiring.restore.into(order(service), RestoreProgress.QUIET);

        assertThat(backup.caveats()).containsExactly(lost);
        assertThat(done.notes()).containsExactly(lost);
        assertThat(backUpEncrypted(service).caveats()).isEqualTo(backup.caveats());
    }

    /**
     * The script of the extension fills the tables at the source and in the copy alike. The table that is marked for
     * dumps is in the dump.
     */
    @Test
    void tablesThatAnExtensionFillsItselfAreNoLoss() throws Exception {
        String service = service("CREATE TABLE public.t AS SELECT 1 AS n");
        host.cluster()
                .run(service, "CREATE EXTENSION filled SCHEMA public", "INSERT INTO public.marked VALUES (2), (3)");

        assertThat(backUp(wiring, service).caveats()).isEmpty();
        assertThat(wiring.restore.into(order(service), RestoreProgress.QUIET).notes())
                .isEmpty();
        host.cluster().run(service, "INSERT INTO public.own VALUES (3), (4)");
        assertThat(backUp(wiring, service).caveats())
                .singleElement()
                .asString()
                .startsWith("after a restore table public.own has 2 of 4 rows: it belongs to extension filled");
    }

    @Test
    void privilegesOnObjectsOfPostgresAreNamed() throws Exception {
        String service = service(
                "CREATE TABLE public.t AS SELECT 1 AS n",
                "GRANT SELECT ON public.t TO PUBLIC",
                "REVOKE CREATE ON SCHEMA public FROM PUBLIC");
        host.cluster()
                .run(
                        service,
                        "REVOKE EXECUTE ON FUNCTION pg_catalog.pg_sleep FROM PUBLIC",
                        "REVOKE SELECT ON pg_catalog.pg_roles FROM PUBLIC",
                        "REVOKE USAGE ON LANGUAGE plpgsql FROM PUBLIC",
                        "GRANT USAGE ON LANGUAGE plpgsql TO " + service,
                        "GRANT SELECT (rolname) ON pg_catalog.pg_authid TO " + service,
                        "REVOKE SELECT ON information_schema.tables FROM PUBLIC",
                        "GRANT EXECUTE ON FUNCTION pg_catalog.pg_ls_dir(text) TO " + service,
                        "GRANT SELECT ON pg_catalog.pg_class TO " + service,
                        "REVOKE SELECT ON pg_catalog.pg_class FROM " + service);

        Backup backup = backUp(wiring, service);
        Restore.Done done = wiring.restore.into(order(service), RestoreProgress.QUIET);

        assertThat(backup.caveats())
                .containsExactly(
                        "privileges on objects of PostgreSQL itself or of extensions are not restored: column rolname of table"
                                + " pg_authid, function pg_ls_dir(text), function pg_sleep(double precision), language plpgsql,"
                                + " view information_schema.tables, view pg_roles");
        assertThat(done.notes())
                .contains(
                        "REVOKE ALL ON FUNCTION pg_catalog.pg_sleep(double precision) FROM PUBLIC: WARNING: no"
                                + " privileges could be revoked for \"pg_sleep\"",
                        "REVOKE SELECT ON TABLE pg_catalog.pg_roles FROM PUBLIC: WARNING: no privileges could be"
                                + " revoked for \"pg_roles\"",
                        "REVOKE ALL ON LANGUAGE plpgsql FROM PUBLIC: WARNING: no privileges could be revoked for"
                                + " \"plpgsql\"",
                        "GRANT ALL ON LANGUAGE plpgsql TO " + service
                                + ": WARNING: no privileges were granted for \"plpgsql\"")
                .noneMatch(note -> note.contains("public"));
    }

    @Test
    void privilegesOnFunctionsOfAnExtensionAreNamed() throws Exception {
        String service = service("CREATE TABLE public.t AS SELECT 1 AS n");
        host.cluster()
                .run(
                        service,
                        "CREATE EXTENSION hstore SCHEMA public",
                        "REVOKE EXECUTE ON FUNCTION public.akeys FROM PUBLIC");

        Backup backup = backUp(wiring, service);

        assertThat(backup.caveats())
                .as(backup.error())
                .containsExactly(
                        "privileges on objects of PostgreSQL itself or of extensions are not restored: function"
                                + " public.akeys(public.hstore)");
    }

    @Test
    void theSchemaPublicKeepsItsOwner() throws Exception {
        String service = service("CREATE TABLE public.t AS SELECT 1 AS n");
        host.cluster().run(service, "ALTER SCHEMA public OWNER TO " + service);
        backUp(wiring, service);

        Restore.Done done = wiring.restore.into(order(service), RestoreProgress.QUIET);

        assertThat(done.notes()).isEmpty();
        assertThat(host.rows(
                        service + "_back", "SELECT nspowner::regrole::text FROM pg_namespace WHERE nspname = 'public'"))
                .containsExactly(service);
    }

    /** Plain {@code pg_restore} has the same problem: the setting is not valid yet when its session begins. */
    @Test
    void expressionsThatSearchByAConfigurationOfTheDatabaseAreNamed() throws Exception {
        String service = service(
                "CREATE TEXT SEARCH CONFIGURATION public.fr (COPY = pg_catalog.french)",
                "CREATE FUNCTION public.words(text) RETURNS tsvector IMMUTABLE LANGUAGE sql AS 'SELECT to_tsvector($1)'",
                "CREATE FUNCTION public.document(text) RETURNS tsvector IMMUTABLE LANGUAGE plpgsql"
                        + " AS 'BEGIN RETURN setweight(public.words($1), ''A''); END'",
                "CREATE FUNCTION public.other(text) RETURNS text IMMUTABLE LANGUAGE sql AS 'SELECT $1'",
                "CREATE TABLE public.t (body text, words tsvector GENERATED ALWAYS AS (public.words(body)) STORED,"
                        + " other text GENERATED ALWAYS AS (public.other(body)) STORED)",
                "CREATE INDEX found ON public.t USING gin (public.document(body))");
        host.cluster()
                .run(
                        service,
                        "ALTER DATABASE " + service + " SET default_text_search_config = 'public.fr'",
                        "SET default_text_search_config = 'public.fr'",
                        "INSERT INTO public.t VALUES ('les élèves mangeaient')");
        String lost = "generated columns and indexes differ, because text search configuration public.fr did not exist"
                + " when they were computed: public.found, public.t.words; update these rows, and REINDEX";

        Backup backup = backUp(wiring, service);
        Restore.Done done = wiring.restore.into(order(service), RestoreProgress.QUIET);

        assertThat(backup.caveats()).containsExactly("after a restore " + lost);
        assertThat(done.notes()).contains(lost);
        host.cluster().run("homelab", "ALTER DATABASE " + service + " SET default_text_search_config = 'french'");
        assertThat(backUp(wiring, service).caveats()).isEmpty();
    }

    /** A verification logs in as the owner, and a restore as a role of its own. */
    @Test
    void aCheckOfTheSessionsRoleIsNamed() throws Exception {
        String service = service(
                "CREATE DOMAIN public.mine AS TEXT CONSTRAINT of_session CHECK (VALUE = SESSION_USER)",
                "CREATE TABLE public.t (n INT, CONSTRAINT who CHECK (n > 1 OR session_user <> 'somebody'),"
                        + " CONSTRAINT current CHECK (current_user <> 'SESSION'))",
                "INSERT INTO public.t VALUES (1)");
        String may = "a restore may refuse rows, because another role is its SESSION_USER: ";

        Backup backup = backUp(wiring, service);

        assertThat(backup.caveats())
                .containsExactly(may + "constraint of_session of domain public.mine, constraint who of table public.t");
    }

    private String service(String... statements) throws SQLException {
        String name = "s" + UUID.randomUUID().toString().replace("-", "").substring(0, 10);
        host.cluster()
                .run(
                        "homelab",
                        "CREATE ROLE " + name + " LOGIN PASSWORD " + Quote.literal(PASSWORD.reveal()),
                        "CREATE DATABASE " + name + " OWNER " + name + " TEMPLATE template0",
                        "REVOKE ALL ON DATABASE " + name + " FROM PUBLIC");
        Contents.runAs(host.cluster().server(), name, PASSWORD, name, statements);
        return name;
    }

    private Backup backUp(Wiring with, String database) throws SQLException {
        Backup backup = host.backUp(with, database);
        assertThat(backup.error()).isEmpty();
        return backup;
    }

    /** Makes an encrypted backup, which is verified in the stream. */
    private Backup backUpEncrypted(String database) throws Exception {
        Wiring encrypting =
                host.wiring("pgsteward.backup.recipients", Age.keys().recipient());
        try (Pipeline running = encrypting.backupPipeline().start()) {
            assertThat(running).isNotNull();
            Backup backup = backUp(encrypting, database);
            assertThat(backup.verification().inStream()).isTrue();
            return backup;
        }
    }

    private Restore.Order order(String service) throws IOException {
        return new Restore.Order(Inventory.of(wiring.store).of(service).get(0), service, service + "_back");
    }
}
