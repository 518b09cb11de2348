package org.pgsteward.backup.restore;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.pgsteward.TestHost;
import org.pgsteward.app.Wiring;
import org.pgsteward.backup.CardShell;
import org.pgsteward.backup.Zstd;
import org.pgsteward.backup.store.RecoveryCard;
import org.pgsteward.camel.Pipeline;
import org.pgsteward.model.Backup;
import org.pgsteward.model.BackupKind;
import org.pgsteward.postgres.NeedsPostgres;
import org.pgsteward.postgres.TestCluster;

/** Runs the lines of {@code RECOVERY.md} in a shell. {@code CorpusSoakIT} does so for the whole corpus. */
@NeedsPostgres
class RecoveryLinesIT {
    private TestHost host;
    private Wiring wiring;
    private Pipeline pipeline;

    @BeforeEach
    void start() throws Exception {
        assumeTrue(Zstd.isInstalled(), "skipped: the program zstd is not on this machine; install zstd");
        host = TestHost.start();
        wiring = host.wiring();
        wiring.house.order();
        pipeline = wiring.backupPipeline().start();
    }

    @AfterEach
    void stop() throws Exception {
        if (host != null) {
            pipeline.close();
            host.close();
        }
    }

    /** A role may give itself settings with any text, such as quotes and lines that look like statements. */
    @Test
    void theSettingsOfARoleAreNeverStatements() throws Exception {
        host.cluster()
                .run(
                        "homelab",
                        "CREATE ROLE evil LOGIN",
                        "ALTER ROLE evil SET application_name = E'x\\nALTER ROLE homelab WITH '",
                        "ALTER ROLE evil SET search_path = '; ALTER ROLE evil SUPERUSER; --'",
                        "CREATE ROLE \"a\nALTER ROLE homelab WITH \"",
                        "COMMENT ON ROLE evil IS E'x\nALTER ROLE homelab WITH '",
                        "CREATE ROLE \"it's\"",
                        "COMMENT ON ROLE \"it's\" IS '; ALTER ROLE evil SUPERUSER; --'",
                        "CREATE ROLE dba CREATEROLE",
                        "CREATE ROLE reader",
                        "CREATE ROLE zz",
                        "SET ROLE dba",
                        "GRANT reader TO zz",
                        "CREATE ROLE \"Reader's\"",
                        "GRANT \"Reader's\" TO zz",
                        "RESET ROLE",
                        "CREATE ROLE boss SUPERUSER",
                        "SET ROLE boss",
                        "GRANT reader TO \"it's\"",
                        "RESET ROLE");
        host.backUp(wiring, wiring.targets.all(BackupKind.GLOBALS).get(0).target());
        String roles =
                "SELECT string_agg(rolname || rolsuper || COALESCE(rolconfig::text, '') || COALESCE(shobj_description(oid, 'pg_authid'), '') || COALESCE((SELECT"
                        + " string_agg(roleid::regrole::text, ' ' ORDER BY roleid::regrole::text) FROM pg_auth_members WHERE member = r.oid), ''), '; '"
                        + " ORDER BY rolname) FROM pg_roles AS r WHERE rolname !~ '^pg_' AND rolname <> 'homelab'";

        try (TestCluster empty = TestCluster.start()) {
            empty.run("homelab", "CREATE ROLE boss", "CREATE ROLE \"Reader's\" LOGIN");
            String password = empty.server().ask("SELECT rolpassword FROM pg_authid WHERE rolname = 'homelab'");

            assertThat(said(empty, blocks().get(1))).isEmpty();

            assertThat(empty.server().ask(roles))
                    .isEqualTo(host.cluster().server().ask(roles))
                    .contains("evilfalse", "ALTER ROLE homelab WITH", "\"Reader's\" reader");
            assertThat(empty.server().ask("SELECT rolpassword FROM pg_authid WHERE rolname = 'homelab'"))
                    .isEqualTo(password);
        }
    }

    @Test
    void oneDatabaseIsRestoredUnderItsSettings() throws Exception {
        host.cluster()
                .run(
                        "homelab",
                        "CREATE ROLE wiki LOGIN",
                        "CREATE DATABASE wiki OWNER wiki",
                        "ALTER DATABASE wiki SET timezone TO 'Asia/Tokyo'",
                        "ALTER DATABASE wiki SET datestyle TO 'ISO, DMY'");
        backUpWiki();

        assertThat(said(host.cluster(), blocks().get(2))).isEmpty();

        areInWiki(host.cluster(), "wiki_restored");
    }

    /** The new server does not have these settings. */
    @Test
    void everythingIsRestoredUnderTheSettingsOfTheServer() throws Exception {
        host.cluster()
                .run(
                        "homelab",
                        "CREATE ROLE wiki LOGIN",
                        "CREATE DATABASE wiki OWNER wiki",
                        "ALTER SYSTEM SET timezone TO 'Asia/Tokyo'",
                        "ALTER SYSTEM SET lc_monetary TO 'C'",
                        "SELECT pg_reload_conf()",
                        "ALTER ROLE ALL SET datestyle TO 'ISO, DMY'");
        backUpWiki();
        host.backUp(wiring, wiring.targets.all(BackupKind.GLOBALS).get(0).target());
        try (TestCluster empty = TestCluster.start()) {
            assertThat(said(empty, blocks().get(1))).isEmpty();

            areInWiki(empty, "wiki");
        }
    }

    private void backUpWiki() throws Exception {
        host.cluster()
                .run(
                        "wiki",
                        "CREATE FUNCTION public.day(text) RETURNS date IMMUTABLE LANGUAGE sql AS 'SELECT $1::date'",
                        "CREATE TABLE public.bill (due text, day date GENERATED ALWAYS AS (public.day(due)) STORED)",
                        "CREATE TABLE public.shift (x timestamptz CHECK (extract(hour FROM x) = 9))",
                        "SET datestyle TO 'ISO, DMY'",
                        "INSERT INTO public.bill VALUES ('03/02/2026')",
                        "SET timezone TO 'Asia/Tokyo'",
                        "INSERT INTO public.shift VALUES ('2026-01-01 00:00Z')");
        Backup backup = host.backUp(wiring, "wiki");
        assertThat(backup.error()).isEmpty();
    }

    private static void areInWiki(TestCluster cluster, String database) throws SQLException {
        try (Connection connection = cluster.server().connect(database);
                Statement statement = connection.createStatement();
                ResultSet row =
                        statement.executeQuery("SELECT due || ' ' || to_char(day, 'Mon'), extract(epoch FROM x)::int"
                                + " FROM public.bill, public.shift")) {
            assertThat(row.next()).isTrue();
            assertThat(row.getString(1)).isEqualTo("03/02/2026 Feb");
            assertThat(row.getInt(2)).isEqualTo(1_767_225_600);
        }
    }

    private List<String> blocks() throws Exception {
        return CardShell.blocks(host.store().resolve(RecoveryCard.NAME));
    }

    /**
     * Runs the first block and these lines in a shell.
     *
     * @return its output
     */
    private String said(TestCluster cluster, String lines) throws Exception {
        return CardShell.said(cluster, host.store(), List.of(blocks().get(0), lines));
    }
}
