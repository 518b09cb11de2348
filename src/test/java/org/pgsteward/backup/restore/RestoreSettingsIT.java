package org.pgsteward.backup.restore;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.pgsteward.app.Wiring;
import org.pgsteward.backup.Age;
import org.pgsteward.backup.Contents;
import org.pgsteward.camel.Pipeline;
import org.pgsteward.model.Backup;
import org.pgsteward.model.BackupState;
import org.pgsteward.model.Refusal;
import org.pgsteward.postgres.NeedsPostgres;
import org.pgsteward.postgres.TestCluster;

/** The surroundings that a dump needs for its restore: settings, grants, encodings, views, extensions. */
@NeedsPostgres
class RestoreSettingsIT extends OnRestoreHost {
    @Test
    void restoresExtensionsAndNamesTheAdministratorsObjects() throws Exception {
        String service = restores.service("CREATE TABLE public.t AS SELECT generate_series(1, 10) AS n");
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
                RestoreHost.PASSWORD,
                service,
                "CREATE SERVER elsewhere FOREIGN DATA WRAPPER postgres_fdw OPTIONS (host 'localhost')",
                "CREATE USER MAPPING FOR " + service + " SERVER elsewhere OPTIONS (user 'u', password 'p')",
                "CREATE FOREIGN TABLE public.far (n int) SERVER elsewhere");
        Wiring trusting = host.wiring("pgsteward.extensions.allowed", "postgres_fdw");
        Restore.Order order = restores.order(service, service + "_back");
        restores.refused(order, "needs extensions that are not allowed: postgres_fdw");

        Restore.Done done = trusting.restore.into(order, RestoreProgress.QUIET);

        assertThat(done.notes())
                .containsExactly(
                        "left out; an administrator must create it: EVENT TRIGGER - watch homelab",
                        "FUNCTION public.watch() belongs to " + service + ", previously to homelab; check it, then"
                                + " run: ALTER FUNCTION public.watch() OWNER TO homelab");
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
                .hasMessageContaining("name roles that do not exist: " + reader + "; create them (CREATE ROLE ");
    }

    @Test
    void namesInAnotherEncodingComeBackWithTheirRightsAndComments() throws Exception {
        String service = restores.service();
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
                RestoreHost.PASSWORD,
                database,
                "CREATE TABLE public.\"größe\" AS SELECT 'Grüße'::text AS \"wörter\" FROM generate_series(1, 7)",
                "COMMENT ON TABLE public.\"größe\" IS 'groß'",
                "GRANT SELECT ON public.\"größe\" TO PUBLIC");
        restores.backUp(database);

        Restore.Done done =
                wiring.restore.into(restores.stored(database, service, service + "_back"), RestoreProgress.QUIET);

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
        assertThat(restores.rows("SELECT shobj_description(oid, 'pg_database') FROM pg_database WHERE datname = '"
                        + service + "_back'"))
                .containsExactly("groß");
    }

    /** The restore fills the view with the rows that its owner may read, as at the source. */
    @Test
    void aMaterializedViewOverForcedRowSecurityIsFilled() throws Exception {
        String service = restores.service(
                "CREATE TABLE public.t AS SELECT generate_series(1, 10) AS n",
                "ALTER TABLE public.t ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY",
                "CREATE POLICY small ON public.t USING (n < 4)",
                "CREATE MATERIALIZED VIEW public.m AS SELECT n FROM public.t",
                "CREATE MATERIALIZED VIEW public.\"a m\" AS SELECT n FROM public.m",
                "CREATE MATERIALIZED VIEW public.never AS SELECT n FROM public.m WITH NO DATA");
        Restore.Order order = restores.order(service, service + "_back");

        Restore.Done done = wiring.restore.into(order, RestoreProgress.QUIET);

        assertThat(done.rows()).isEqualTo(10);
        assertThat(done.notes()).isEmpty();
        String filled = "SELECT (SELECT count(*) FROM public.m) || ' ' || (SELECT count(*) FROM public.\"a m\") || ' '"
                + " || (SELECT string_agg(relname, ' ') FROM pg_class WHERE relkind = 'm' AND NOT relispopulated)";
        assertThat(host.rows(service, filled)).containsExactly("3 3 never");
        assertThat(host.rows(service + "_back", filled)).containsExactly("3 3 never");
    }

    /** Each session of the database has these settings, and so had the session that filled the view. */
    @ParameterizedTest
    @CsvSource({
        "TimeZone, Asia/Tokyo, 2026-01-02",
        "DateStyle, German, .01.2026",
        "default_text_search_config, pg_catalog.german, '''haus'''"
    })
    void aMaterializedViewIsFilledWithTheSettingsOfItsDatabase(String setting, String value, String shows)
            throws Exception {
        String service = restores.service(
                "CREATE TABLE public.t AS SELECT '2026-01-01 20:00Z'::timestamptz AS t, 'Häuser' AS word");
        host.cluster().run("homelab", "ALTER DATABASE " + service + " SET " + setting + " TO '" + value + "'");
        try (Connection owner = host.cluster().server().connectAs(service, RestoreHost.PASSWORD, service);
                Statement statement = owner.createStatement()) {
            // The JDBC driver sets a time zone of its own, and supports no other DateStyle than ISO.
            statement.execute(
                    "DO $$ BEGIN SET LOCAL " + setting + " TO '" + value + "'; CREATE MATERIALIZED VIEW public.m"
                            + " AS SELECT t::date::text AS day, to_tsvector(word)::text AS words FROM public.t; END $$");
        }
        String filled = "SELECT m::text FROM public.m AS m";
        assertThat(host.rows(service, filled)).singleElement().asString().contains(shows);

        Restore.Done done = wiring.restore.into(restores.order(service, service + "_back"), RestoreProgress.QUIET);

        assertThat(done.notes()).isEmpty();
        assertThat(host.rows(service + "_back", filled)).isEqualTo(host.rows(service, filled));
    }

    /** Generated columns, indexes and constraints are evaluated while the rows are loaded. */
    @Test
    void expressionsAreEvaluatedWithTheSettingsOfTheirDatabase() throws Exception {
        String service = restores.service(
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
        try (Connection owner = host.cluster().server().connectAs(service, RestoreHost.PASSWORD, service);
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
        wiring.restore.into(restores.order(service, service + "_back"), RestoreProgress.QUIET);
        assertThat(host.rows(service + "_back", all)).isEqualTo(host.rows(service, all));

        wiring.restore.replace(restores.order(service, service), RestoreProgress.QUIET);
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
                    .as("settings of applications are left out: they may be secrets")
                    .hasSizeGreaterThan(1)
                    .allSatisfy(file -> assertThat(Files.readString(file))
                            .contains("\"app.rate\" : \"\"")
                            .contains("\"TimeZone\" : \"Asia/Tokyo\""));
        }
    }

    /**
     * The owner of a database grants a privilege to the role of a restore and closes the database. The role cannot
     * be dropped then.
     */
    @Test
    void aDatabaseClosedMeanwhileBlocksNoOtherRestore() throws Exception {
        String evil = restores.service("CREATE TABLE public.t (n int)");
        String service = restores.service("CREATE TABLE public.t AS SELECT 1 AS n");
        Restore.Order order = restores.order(service, service + "_back");
        try {
            wiring.restore.into(order, new RestoreProgress() {
                @Override
                public void step(String what) {
                    if (what.equals("created a temporary role")) {
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
        wiring.restore.replace(restores.order(service, service), RestoreProgress.QUIET);
        assertThat(restores.leftovers()).as("the next restore drops the role").isEmpty();
    }

    private void grantAndClose(String evil) {
        try {
            String role = host.rows(
                            "homelab", "SELECT rolname FROM pg_roles WHERE rolname LIKE 'pgsteward\\_restore\\_%'")
                    .get(0);
            Contents.runAs(server, evil, RestoreHost.PASSWORD, evil, "GRANT SELECT ON public.t TO " + role);
            host.cluster().run("homelab", "ALTER DATABASE " + evil + " ALLOW_CONNECTIONS false");
        } catch (SQLException e) {
            throw new AssertionError(e);
        }
    }

    /**
     * The owner has no privilege on the wrapper. If a restore lent it to the owner, a hostile dump could define
     * servers of its own.
     */
    @Test
    void aForeignServerWithoutAUsableWrapperIsUnverifiable() throws Exception {
        String service = restores.service("CREATE TABLE public.t AS SELECT 1 AS n");
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
        assertThatThrownBy(() -> trusting.restore.into(
                        restores.stored(service, service, service + "_back"), RestoreProgress.QUIET))
                .hasMessageContaining("permission denied for foreign-data wrapper postgres_fdw");
        host.cluster().run(service, "GRANT USAGE ON FOREIGN DATA WRAPPER postgres_fdw TO " + service);
        assertThat(host.backUp(wiring, service).state()).isEqualTo(BackupState.VERIFIED);
        trusting.restore.into(restores.stored(service, service, service + "_back"), RestoreProgress.QUIET);
    }

    @Test
    void aNewDatabaseHasTheSettingsAndGrantsOfTheDumpedOne() throws Exception {
        String service = restores.service("CREATE TABLE public.t AS SELECT 1 AS n");
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
        restores.backUp(service);
        List<String> set = restores.settings(service);
        host.cluster()
                .run(
                        "homelab",
                        "REVOKE ALL ON DATABASE " + service + " FROM PUBLIC, gone_" + service,
                        "DROP ROLE gone_" + service);

        Restore.Done done = wiring.restore.into(restores.stored(service, service, back), RestoreProgress.QUIET);

        assertThat(restores.settings(back)).isEqualTo(set).hasSizeGreaterThan(4);
        assertThat(restores.rights(back))
                .isEqualTo(restores.rights(service))
                .contains("granted_" + service + " CONNECT");
        assertThat(done.notes())
                .containsExactly(
                        "GRANT CONNECT ON DATABASE \"" + back + "\" TO gone_" + service + ": ERROR: role \"gone_"
                                + service + "\" does not exist",
                        "privilege of PUBLIC left out: GRANT ALL ON DATABASE \"" + back + "\" TO PUBLIC");
        host.cluster().run("homelab", "DROP DATABASE \"" + back + "\"");
        wiring.restore.into(
                restores.order(restores.service("CREATE TABLE public.u AS SELECT 1 AS n"), back),
                RestoreProgress.QUIET);
        assertThat(restores.rows(
                        "SELECT COALESCE(shobj_description(oid, 'pg_database'), 'none') FROM pg_database WHERE datname = '"
                                + back + "'"))
                .containsExactly("none");
    }
}
