package org.pgsteward.backup.restore;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.SQLException;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.Timeout;
import org.pgsteward.ChildJava;
import org.pgsteward.TestHost;
import org.pgsteward.app.Wiring;
import org.pgsteward.backup.BackupRun;
import org.pgsteward.backup.Contents;
import org.pgsteward.backup.Corpus;
import org.pgsteward.backup.Zstd;
import org.pgsteward.backup.schedule.BackupTarget;
import org.pgsteward.backup.schedule.Targets;
import org.pgsteward.backup.store.RecoveryCard;
import org.pgsteward.camel.Pipeline;
import org.pgsteward.config.Settings;
import org.pgsteward.model.Activity;
import org.pgsteward.model.Backup;
import org.pgsteward.model.BackupKind;
import org.pgsteward.model.BackupState;
import org.pgsteward.model.Refusal;
import org.pgsteward.model.Secret;
import org.pgsteward.postgres.NeedsPostgres;
import org.pgsteward.postgres.Programs;
import org.pgsteward.postgres.Quote;
import org.pgsteward.postgres.Server;
import org.pgsteward.postgres.TestCluster;

/** The loss of a server. Its store is restored by pgsteward's command, and by public tools alone. */
@NeedsPostgres
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@Timeout(value = 40, unit = TimeUnit.MINUTES)
class RecoveryIT {
    private static final Secret PASSWORD = new Secret("what % $ ' \" \\ it is");
    private static final String ODD = "od'd \"n=a%me\\ $HOME `id`; é";
    private static final String ADOPTED = "webapp";
    private static final String NEW_PASSWORD = "the-new-servers-own";
    private static final Pattern SHELL = Pattern.compile("(?s)```sh\\n(.*?)```");

    private TestHost host;
    private Wiring wiring;

    /** Ends a run like {@code kill -9}. */
    private static final class Killed extends Error {
        private static final long serialVersionUID = 1;
    }

    @BeforeAll
    void aServerWithEverything() throws Exception {
        host = TestHost.start();
        wiring = host.wiring();
        wiring.house.order();
        service("everything");
        service(ODD, "CREATE TABLE public.\"" + ODD.replace("\"", "\"\"") + "\" AS SELECT generate_series(1, 20) AS n");
        host.cluster()
                .run(
                        "homelab",
                        "CREATE DATABASE plain",
                        "REVOKE ALL ON DATABASE plain FROM PUBLIC",
                        "CREATE ROLE reader LOGIN CONNECTION LIMIT 3 PASSWORD 'reads'",
                        "CREATE ROLE readers",
                        "GRANT readers TO reader",
                        "COMMENT ON ROLE reader IS 'reads; and \"more\"'",
                        "ALTER ROLE reader SET search_path = 'a', 'b'",
                        "GRANT CONNECT ON DATABASE everything TO reader",
                        "ALTER DATABASE everything SET work_mem = '3MB'",
                        // Only an administrator may make these two settings.
                        "ALTER DATABASE everything SET log_statement = 'ddl'",
                        "ALTER ROLE reader IN DATABASE everything SET search_path = 'of_reader'");
        host.cluster().run("plain", "CREATE TABLE public.t AS SELECT generate_series(1, 30) AS n");
        try (Pipeline pipeline = wiring.backupPipeline().start()) {
            assertThat(pipeline).isNotNull();
            // The database belongs to no service at its first backup. Another service name adopts it later.
            assertThat(backUp(target("everything")).state()).isEqualTo(BackupState.VERIFIED);
            Contents.runAs(host.cluster().server(), "everything", PASSWORD, "everything", Contents.everything());
            host.cluster().run("everything", "GRANT SELECT ON public.generated TO reader");
            for (String database : List.of("everything", ODD)) {
                String service = database.equals(ODD) ? ODD : ADOPTED;
                host.cluster()
                        .run(
                                "homelab",
                                "INSERT INTO public.service_configs (service_name, database_name, role_name, identity,"
                                        + " container_id, image, image_id) SELECT s, d, d, s, 'c0ffee', 'image:1', ''"
                                        + " FROM (VALUES (" + Quote.literal(service) + ", " + Quote.literal(database)
                                        + ")) AS v (s, d)");
                wiring.routeClient.ask(
                        "direct:journal-write", Activity.ours(service, "provisioned", wiring.clock.instant()));
            }
            wiring.provisioner().reconcile(List.of(), java.util.Optional.empty());
            for (BackupKind kind : List.of(BackupKind.DUMP, BackupKind.GLOBALS)) {
                for (Targets.Found found : wiring.targets.all(kind)) {
                    Backup backup = backUp(found.target());
                    assertThat(backup.path()).as(backup.error()).isPresent();
                }
            }
        }
    }

    @AfterAll
    void stop() throws Exception {
        host.close();
    }

    /** A daemon that ran once on the new server has created them, and the server still counts as empty. */
    @Test
    void allTablesOfTheJournalAreKnown() throws Exception {
        try (TestHost fresh = TestHost.start()) {
            Wiring order = fresh.wiring();
            order.house.order();

            assertThat(RestoreRole.names(
                            order.server,
                            "SELECT relname FROM pg_catalog.pg_class WHERE relnamespace = 'public'::regnamespace"
                                    + " AND relkind IN ('r', 'p', 'v', 'm', 'f')"))
                    .containsExactlyInAnyOrderElementsOf(RecoverySite.JOURNAL);
        }
    }

    @Test
    void refusesAServerThatIsNotEmpty() {
        assertThatThrownBy(() -> wiring.recovery.rebuild(RestoreProgress.QUIET, Recovery.Consent.NONE))
                .isInstanceOf(Refusal.class)
                .hasMessageMatching(
                        "cannot restore everything: the server at \\S+ is not empty \\(database everything, .*");
    }

    @Test
    void oneCommandRebuildsTheServerDespiteSeveralKills() throws Exception {
        try (TestCluster empty = TestCluster.start()) {
            empty.run("homelab", "ALTER ROLE homelab PASSWORD '" + NEW_PASSWORD + "'");
            Server server = new Server(new org.pgsteward.postgres.ServerAddress(
                    "127.0.0.1", empty.server().address().port(), "homelab", new Secret(NEW_PASSWORD), "homelab"));
            Map<String, String> environment = environment(server);
            for (int step : List.of(3, 13)) {
                killedAfter(step, new Wiring(Settings.from(environment)));
            }

            // A daemon that runs at the same time creates databases like this one.
            Secret password = new Secret(NEW_PASSWORD);
            Contents.runAs(server, "homelab", password, "homelab", "CREATE DATABASE plain");
            Path out = Files.createTempFile(host.folder(), "restore", ".out");
            String store = host.store().toString();
            assertThat(command(environment, out, "restore", "--all", "--from", store))
                    .isEqualTo(1);
            assertThat(Files.readString(out))
                    .containsPattern("missing: plain: another process created an empty database of this name;"
                            + " .*DROP DATABASE \"plain\"")
                    .containsOnlyOnce("missing:");
            Contents.runAs(server, "homelab", password, "homelab", "DROP DATABASE plain");
            assertThat(command(environment, out, "restore", "--all", "--from", store))
                    .as(Files.readString(out))
                    .isZero();

            assertSame(server, "everything", "plain", ODD);
            for (String roles : List.of(
                    "SELECT concat_ws(' ', rolname, rolcanlogin, rolsuper, rolconnlimit, rolpassword) FROM pg_authid"
                            + " WHERE rolname NOT IN ('homelab') ORDER BY 1",
                    "SELECT r.rolname || ' ' || s.setconfig::text FROM pg_db_role_setting AS s JOIN pg_roles AS r ON r.oid"
                            + " = s.setrole ORDER BY 1",
                    "SELECT roleid::regrole || ' ' || member::regrole FROM pg_auth_members ORDER BY 1",
                    "SELECT shobj_description(oid, 'pg_authid') FROM pg_roles WHERE rolname = 'reader'",
                    "SELECT concat_ws(' ', d.datname, acl.grantee::regrole, acl.privilege_type) FROM pg_database AS d,"
                            + " aclexplode(d.datacl) AS acl WHERE NOT d.datistemplate AND d.datname <> 'postgres' ORDER BY"
                            + " 1",
                    "SELECT concat_ws(' ', d.datname, pg_get_userbyid(d.datdba), d.datcollate, s.setconfig::text) FROM"
                            + " pg_database AS d LEFT JOIN pg_db_role_setting AS s ON s.setdatabase = d.oid ORDER BY 1",
                    "SELECT concat_ws(' ', acl.grantee::regrole, acl.privilege_type) FROM pg_proc AS p,"
                            + " aclexplode(p.proacl) AS acl WHERE p.proname = 'log_user_activity' ORDER BY 1")) {
                assertThat(Contents.rows(server, "homelab", roles))
                        .as(roles)
                        .isEqualTo(Contents.rows(host.cluster().server(), "homelab", roles))
                        .isNotEmpty();
            }
            for (String table : List.of("service_configs", "user_activity")) {
                String rows = "SELECT concat_ws(' ', service_name, created_at) FROM public." + table
                        + " WHERE service_name <> 'pgsteward' ORDER BY 1";
                assertThat(Contents.rows(server, "homelab", rows))
                        .as(table)
                        .containsAll(Contents.rows(host.cluster().server(), "homelab", rows))
                        .isNotEmpty();
            }
            // A restored and compared backup counts as verified in the new server's journal, too.
            assertThat(Contents.rows(
                            server,
                            "homelab",
                            "SELECT DISTINCT ON (service_name) service_name || ' ' || state FROM public.backup_log"
                                    + " WHERE service_name IN ('" + ADOPTED + "', 'plain', '_globals', 'homelab')"
                                    + " ORDER BY service_name, started_at DESC"))
                    .containsExactlyInAnyOrder(
                            ADOPTED + " verified", "plain verified", "_globals verified", "homelab verified");
            assertThat(Contents.rows(server, "homelab", "SELECT backup_id FROM public.backup_log ORDER BY 1"))
                    .containsExactlyElementsOf(Contents.rows(
                            host.cluster().server(), "homelab", "SELECT backup_id FROM public.backup_log ORDER BY 1"));
            // The roles have their previous passwords, and the administrator keeps the password of the new server.
            Contents.runAs(server, ODD, PASSWORD, ODD, "SELECT 1");
            assertThatThrownBy(() -> wiring.server.connectAs("reader", new Secret("reads"), "plain"))
                    .isInstanceOf(SQLException.class);
            assertThat(Contents.rows(
                            server,
                            "homelab",
                            "SELECT rolname FROM pg_roles WHERE rolname LIKE 'pgsteward%' UNION ALL SELECT datname FROM"
                                    + " pg_database WHERE datname LIKE 'pgsteward%'"))
                    .isEmpty();
        }
    }

    /** Without a limit the databases after the sleeping one were never restored, and no option could skip it. */
    @Test
    void aSleepingRestoreDoesNotBlockTheOtherDatabases() throws Exception {
        try (TestHost lost = TestHost.start();
                TestCluster empty = TestCluster.start()) {
            Wiring there = lost.wiring();
            there.house.order();
            lost.cluster()
                    .run(
                            "homelab",
                            "CREATE ROLE a_sleeps LOGIN PASSWORD " + Quote.literal(PASSWORD.reveal()),
                            "CREATE DATABASE a_sleeps OWNER a_sleeps",
                            "CREATE DATABASE b_fine");
            lost.cluster().run("a_sleeps", "GRANT CREATE ON SCHEMA public TO a_sleeps");
            Contents.runAs(
                    lost.cluster().server(),
                    "a_sleeps",
                    PASSWORD,
                    "a_sleeps",
                    "CREATE FUNCTION public.sleeps(n int) RETURNS bool LANGUAGE plpgsql AS $$ BEGIN"
                            + " IF current_database() LIKE 'pgsteward_restore%' THEN"
                            + " PERFORM pg_catalog.pg_sleep(3600); END IF; RETURN true; END $$",
                    "CREATE TABLE public.t (n int CHECK (public.sleeps(n)))",
                    "INSERT INTO public.t VALUES (1)");
            lost.cluster().run("b_fine", "CREATE TABLE public.t AS SELECT 1 AS n");
            try (Pipeline pipeline = there.backupPipeline().start()) {
                assertThat(pipeline).isNotNull();
                assertThat(lost.backUp(there, "a_sleeps").state()).isEqualTo(BackupState.VERIFIED);
                assertThat(lost.backUp(there, "b_fine").state()).isEqualTo(BackupState.VERIFIED);
                BackupTarget globals =
                        there.targets.all(BackupKind.GLOBALS).get(0).target();
                assertThat(there.backups
                                .run(globals, BackupRun.Patience.FAILS_AT_ONCE)
                                .backup()
                                .error())
                        .isEmpty();
            }
            Map<String, String> environment = new HashMap<>(lost.environment());
            environment.put(
                    "PGSTEWARD_POSTGRES_PORT",
                    Integer.toString(empty.server().address().port()));
            environment.put("PGSTEWARD_STATE_DIR", lost.folder().resolve("new").toString());
            environment.put("PGSTEWARD_BACKUP_STUCK_AFTER", "3s");
            Wiring anew = new Wiring(Settings.from(environment));
            anew.house.order();

            Recovery.Report report = anew.recovery.rebuild(RestoreProgress.QUIET, Recovery.Consent.NONE);

            assertThat(report.missing())
                    .anySatisfy(line -> assertThat(line)
                            .matches("a_sleeps: its restore took longer than \\d+ s and was cancelled;"
                                    + " restore it alone with: pgsteward restore a_sleeps --into a_sleeps"));
            assertThat(report.done()).anyMatch(line -> line.startsWith("b_fine: 1 row in 1 table"));
        }
    }

    @Test
    void theLinesOfTheCardRestoreEverythingWithPublicTools() throws Exception {
        assumeTrue(Zstd.isInstalled(), "skipped: the program zstd is not on this machine; install zstd");
        String card = Files.readString(host.store().resolve(RecoveryCard.NAME));
        String lines = "set -e\n"
                + SHELL.matcher(card).results().map(block -> block.group(1)).collect(Collectors.joining("\n"));
        try (TestCluster empty = TestCluster.start()) {
            ProcessBuilder shell = new ProcessBuilder("sh")
                    .directory(host.store().toFile())
                    .redirectErrorStream(true)
                    .redirectOutput(host.folder().resolve("lines.out").toFile());
            shell.environment().putAll(Contents.environment(empty));
            shell.environment().put("PATH", TestCluster.programs().directory() + ":" + System.getenv("PATH"));
            Process process = shell.start();
            try (var input = process.outputWriter()) {
                input.write(lines);
            }
            assertThat(process.waitFor())
                    .as(lines + Files.readString(host.folder().resolve("lines.out")))
                    .isZero();
            assertThat(host.folder().resolve("lines.out")).content().doesNotContain("STOP");

            assertSame(empty.server(), "everything", "plain", ODD, "homelab");
            assertThat(Contents.of(empty.server(), ODD + "_restored"))
                    .isEqualTo(Contents.of(host.cluster().server(), ODD));
            assertThat(Contents.of(empty.server(), "everything_restored"))
                    .isEqualTo(Contents.of(host.cluster().server(), "everything"));
            String verifiers = "SELECT rolname || rolpassword FROM pg_authid"
                    + " WHERE rolname <> 'homelab' AND rolpassword IS NOT NULL ORDER BY 1";
            assertThat(Contents.rows(empty.server(), "homelab", verifiers))
                    .isEqualTo(Contents.rows(host.cluster().server(), "homelab", verifiers))
                    .hasSize(3);
            Contents.runAs(empty.server(), ODD, PASSWORD, ODD, "SELECT 1");
        }
        assertThat(card.lines().count()).isLessThan(130);
    }

    /** pg_restore 17 sets {@code transaction_timeout}, which a server of version 15 does not know. */
    @Test
    void theLinesOfTheCardWarnOfProgramsOfAnotherVersion() throws Exception {
        Optional<Programs> newer = Corpus.programs(17);
        assumeTrue(
                newer.isPresent() && TestCluster.programs().major() != 17,
                "skipped: only one version of PostgreSQL is on this machine; install postgresql-17");
        String card = Files.readString(host.store().resolve(RecoveryCard.NAME));
        String first = SHELL.matcher(card).results().findFirst().orElseThrow().group(1);
        ProcessBuilder shell = new ProcessBuilder("sh", "-c", first)
                .directory(host.store().toFile())
                .redirectErrorStream(true);
        shell.environment().putAll(Contents.environment(host.cluster()));
        shell.environment().put("PATH", newer.orElseThrow().directory() + ":" + System.getenv("PATH"));
        Process process = shell.start();

        assertThat(new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8))
                .startsWith("STOP: pg_restore and the server have different versions");
        assertThat(card)
                .contains("You need a server of PostgreSQL "
                        + TestCluster.programs().major() + " or newer, the programs of that server's own version\n");
    }

    private BackupTarget target(String database) throws SQLException {
        return wiring.targets.all(BackupKind.DUMP).stream()
                .map(Targets.Found::target)
                .filter(target -> target.database().equals(database))
                .findFirst()
                .orElseThrow();
    }

    private Backup backUp(BackupTarget target) throws Exception {
        return wiring.backups.run(target, BackupRun.Patience.FAILS_AT_ONCE).backup();
    }

    private void assertSame(Server server, String... databases) throws SQLException {
        for (String database : databases) {
            Map<String, String> there = Contents.of(server, database);
            Map<String, String> here = Contents.of(host.cluster().server(), database);
            // The journal gets new rows during its dump.
            there.keySet().removeIf(table -> table.startsWith("public.backup_log") || table.equals("sequences"));
            here.keySet().removeIf(table -> table.startsWith("public.backup_log") || table.equals("sequences"));
            assertThat(there).as(database).isEqualTo(here).hasSizeGreaterThan(1);
        }
    }

    private void killedAfter(int last, Wiring there) throws SQLException {
        there.house.order();
        RestoreProgress killer = new RestoreProgress() {
            private int steps;

            @Override
            public void step(String what) {
                if (++steps == last) {
                    throw new Killed();
                }
            }

            @Override
            public void poured(long bytes, long total) {}
        };
        assertThatThrownBy(() -> there.recovery.rebuild(killer, Recovery.Consent.NONE))
                .isInstanceOf(Killed.class);
    }

    private Map<String, String> environment(Server server) {
        Map<String, String> environment = new HashMap<>(host.environment());
        environment.put(
                "PGSTEWARD_POSTGRES_PORT", Integer.toString(server.address().port()));
        environment.put(
                "PGSTEWARD_POSTGRES_PASSWORD", server.address().password().reveal());
        environment.put(
                "PGSTEWARD_STATE_DIR", host.folder().resolve("state-there").toString());
        environment.put("PGSTEWARD_SECRETS_DIR", host.folder().toString());
        return environment;
    }

    private static int command(Map<String, String> environment, Path out, String... arguments) throws Exception {
        ProcessBuilder builder = new ProcessBuilder(ChildJava.steward(arguments))
                .redirectErrorStream(true)
                .redirectOutput(out.toFile());
        builder.environment().keySet().removeIf(name -> name.startsWith("PGSTEWARD_"));
        builder.environment().putAll(environment);
        Process process = builder.start();
        assertThat(process.waitFor(8, TimeUnit.MINUTES)).isTrue();
        return process.exitValue();
    }

    private void service(String name, String... statements) throws SQLException {
        String quoted = Quote.identifier(name);
        host.cluster()
                .run(
                        "homelab",
                        "CREATE ROLE " + quoted + " LOGIN PASSWORD " + Quote.literal(PASSWORD.reveal()),
                        "CREATE DATABASE " + quoted + " OWNER " + quoted + " TEMPLATE template0",
                        "REVOKE ALL ON DATABASE " + quoted + " FROM PUBLIC");
        Contents.runAs(host.cluster().server(), name, PASSWORD, name, statements);
    }
}
