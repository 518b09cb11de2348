package org.pgsteward.backup.restore;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.Timeout;
import org.pgsteward.ChildJava;
import org.pgsteward.TestHost;
import org.pgsteward.app.Wiring;
import org.pgsteward.backup.Contents;
import org.pgsteward.backup.store.Inventory;
import org.pgsteward.camel.Pipeline;
import org.pgsteward.model.Backup;
import org.pgsteward.model.BackupState;
import org.pgsteward.model.Secret;
import org.pgsteward.postgres.NeedsPostgres;
import org.pgsteward.postgres.Server;
import org.pgsteward.postgres.TestCluster;

/**
 * A {@code kill -9} of a restore at any step. The live database is intact, and the next start removes all leftovers.
 */
@NeedsPostgres
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@Timeout(value = 40, unit = TimeUnit.MINUTES)
class RestoreKilledIT {
    private static final Secret PASSWORD = new Secret("pw");

    /** A database with a name like that of a restore, although no restore created it. */
    private static final String SOMEBODYS = "pgsteward_restore_0badcafe";

    /** The numbers of rows in the dump and in the live database. */
    private static final String DUMPED = "10";

    private static final String LIVE = "4";

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
        host.cluster().run("homelab", "CREATE DATABASE " + SOMEBODYS, "CREATE ROLE pgsteward_restore_0badf00d");
    }

    @AfterAll
    void stopHost() throws Exception {
        pipeline.close();
        host.close();
    }

    @Test
    void aReplaceKilledAtAnyStepLeavesAWholeDatabase() throws Exception {
        String service = service("replaced");
        String step = "";
        int steps = 0;
        while (!step.equals("done")) {
            step = killedAt(++steps, "replace", service, service);
            boolean swapped = step.equals("done");
            assertWorks(service, swapped ? DUMPED : LIVE, step);
            assertThat(keptOf(service)).as(step).hasSize(swapped ? 1 : 0);
        }
        assertThat(steps).isGreaterThan(9);
        String kept = keptOf(service).get(0);
        assertThat(leftovers())
                .as("only the folder of the finished restore")
                .hasSize(1)
                .allMatch(left -> left.startsWith("folder "));
        host.wiring().house.order();
        assertThat(leftovers()).isEmpty();
        Restore.Done next = wiring.restore.replace(order(service, service), RestoreProgress.QUIET);
        assertThat(next.notes())
                .as("the killed restore could not report the kept database")
                .containsExactly("an earlier restore kept " + kept
                        + ", which still exists; drop it with: DROP DATABASE \"" + kept + "\"");
        assertThat(keptOf(service)).hasSize(2).contains(kept);
        host.cluster().run("homelab", "ALTER DATABASE \"" + kept + "\" ALLOW_CONNECTIONS true");
        assertThat(rows(kept)).isEqualTo(LIVE);
    }

    @Test
    void aRestoreKilledAtAnyStepLeavesNoPartOfADatabase() throws Exception {
        String service = service("beside");
        String back = service + "_back";
        for (int step : List.of(2, 3, 4, 6)) {
            killedAt(step, "into", service, back);
            assertThat(host.rows("homelab", "SELECT datname FROM pg_database WHERE datname = '" + back + "'"))
                    .isEmpty();
        }
        assertThat(leftovers()).as("leftovers of the last killed restore").hasSize(3);
        Wiring next = host.wiring();

        next.house.order();

        assertThat(leftovers()).isEmpty();
        next.restore.into(order(service, back), RestoreProgress.QUIET);
        assertThat(rows(back)).isEqualTo(DUMPED);
        assertWorks(service, LIVE, "after all");
        killedAt(7, "into", service, back + "_too");
        assertThat(rows(back + "_too")).isEqualTo(DUMPED);
        host.wiring().house.order();
        assertThat(leftovers()).isEmpty();
    }

    /** Two processes with one state folder restore into two servers. The turn of each server is free. */
    @Test
    void keepsTheFolderOfARestoreUnderWayOnAnotherServer() throws Exception {
        String service = service("elsewhere");
        Process underWay = start(KilledRestore.class.getName(), "into", service, service + "_back", "4");
        try (TestCluster other = TestCluster.start()) {
            await().until(() -> !underWay.isAlive() || !Files.readString(said()).isBlank());
            List<String> folders = folders();
            assertThat(folders).hasSize(1);
            Map<String, String> there = Map.of(
                    "pgsteward.postgres.host", other.server().address().host(),
                    "pgsteward.postgres.port",
                            Integer.toString(other.server().address().port()));

            host.wiring(there).house.order();

            assertThat(folders()).isEqualTo(folders);
            underWay.destroyForcibly();
            assertThat(underWay.waitFor(8, TimeUnit.MINUTES)).isTrue();
            host.wiring(there).house.order();
            assertThat(folders()).isEmpty();
            host.wiring().house.order();
            assertThat(leftovers()).isEmpty();
        } finally {
            underWay.destroyForcibly();
        }
    }

    /** The killed process is the shipped command. A statement of the dump still runs in PostgreSQL after its end. */
    @Test
    void startUpCleansUpAfterARestoreKilledWhileLoading() throws Exception {
        String service = service("poured");
        host.cluster().run("homelab", "ALTER ROLE ALL SET test.hold = 'on'");
        Process process = start("org.pgsteward.Steward", "restore", "--replace", service);
        await().until(() -> !sleeping().isEmpty());
        host.cluster().run("homelab", "ALTER ROLE ALL RESET test.hold");

        process.destroyForcibly();

        assertThat(process.waitFor(8, TimeUnit.MINUTES)).isTrue();
        assertWorks(service, LIVE, "killed while it poured");
        assertThat(sleeping()).as("the statement still runs").isNotEmpty();
        assertThat(leftovers()).hasSize(3);

        host.wiring().house.order();

        assertThat(leftovers()).isEmpty();
        assertThat(sleeping()).isEmpty();
        Process again = start("org.pgsteward.Steward", "restore", "--replace", service);
        assertThat(again.waitFor(8, TimeUnit.MINUTES)).isTrue();
        assertThat(again.exitValue()).as(Files.readString(said())).isZero();
        assertWorks(service, DUMPED, "restored again");
    }

    private List<String> sleeping() throws SQLException {
        return host.rows(
                "homelab", "SELECT pid FROM pg_stat_activity WHERE wait_event = 'PgSleep' AND usename ~ 'restore'");
    }

    /**
     * Kills a restore at a step.
     *
     * @return the name of the step
     */
    private String killedAt(int step, String how, String service, String target) throws Exception {
        Process process = start(KilledRestore.class.getName(), how, service, target, Integer.toString(step));
        try {
            await().until(() -> !Files.readString(said()).isBlank());
        } finally {
            process.destroyForcibly();
        }
        assertThat(process.waitFor(8, TimeUnit.MINUTES)).isTrue();
        assertThat(process.exitValue()).as(Files.readString(said())).isEqualTo(128 + 9);
        await().until(() -> host.rows(
                        "homelab", "SELECT 1 FROM pg_locks WHERE locktype = 'advisory' AND classid = 1919251316")
                .isEmpty());
        // Earlier lines may be warnings about removed leftovers.
        List<String> lines = Files.readAllLines(said());
        return lines.get(lines.size() - 1);
    }

    private Path said() {
        return host.folder().resolve("said");
    }

    private Process start(String main, String... arguments) throws Exception {
        ProcessBuilder builder = new ProcessBuilder(ChildJava.run(List.of("-Xmx64m"), main, arguments))
                .redirectOutput(said().toFile())
                .redirectError(host.folder().resolve("complaints").toFile());
        builder.environment().keySet().removeIf(name -> name.startsWith("PGSTEWARD_"));
        builder.environment().putAll(host.environment());
        return builder.start();
    }

    /**
     * Creates a service with ten rows, backs it up, and deletes six rows. Each row waits for a minute if a test sets
     * {@code test.hold}.
     */
    private String service(String name) throws SQLException {
        host.cluster()
                .run(
                        "homelab",
                        "CREATE ROLE " + name + " LOGIN PASSWORD 'pw'",
                        "CREATE DATABASE " + name + " OWNER " + name + " TEMPLATE template0",
                        "REVOKE ALL ON DATABASE " + name + " FROM PUBLIC");
        Contents.runAs(
                server,
                name,
                PASSWORD,
                name,
                "CREATE FUNCTION public.held() RETURNS boolean LANGUAGE plpgsql AS $$ BEGIN"
                        + " IF current_setting('test.hold', true) = 'on' THEN PERFORM pg_sleep(60); END IF;"
                        + " RETURN true; END $$",
                "CREATE TABLE public.t (n int CHECK (public.held()))",
                "INSERT INTO public.t SELECT generate_series(1, 10)");
        Backup backup = host.backUp(wiring, name);
        assertThat(backup.state()).as(backup.error()).isEqualTo(BackupState.VERIFIED);
        Contents.runAs(server, name, PASSWORD, name, "DELETE FROM public.t WHERE n > 4");
        return name;
    }

    private Restore.Order order(String service, String database) throws Exception {
        return new Restore.Order(Inventory.of(wiring.store).of(service).get(0), service, database);
    }

    private void assertWorks(String service, String expected, String when) throws SQLException {
        Contents.runAs(server, service, PASSWORD, service, "SELECT count(*) FROM public.t");
        assertThat(rows(service)).as(when).isEqualTo(expected);
        assertThat(host.rows("homelab", "SELECT datname FROM pg_database WHERE datname = '" + SOMEBODYS + "'"))
                .as("not made by pgsteward")
                .hasSize(1);
        assertThat(host.rows("homelab", "SELECT rolname FROM pg_roles WHERE rolname = 'pgsteward_restore_0badf00d'"))
                .as("not made by pgsteward")
                .hasSize(1);
    }

    private String rows(String database) throws SQLException {
        return host.rows(database, "SELECT count(*) FROM public.t").get(0);
    }

    private List<String> keptOf(String service) throws SQLException {
        return host.rows("homelab", "SELECT datname FROM pg_database WHERE datname LIKE '" + service + "_before_%'");
    }

    private List<String> leftovers() throws Exception {
        List<String> leftovers = new ArrayList<>(
                host.rows(
                        "homelab",
                        "SELECT 'database ' || datname FROM pg_database WHERE datname LIKE 'pgsteward_restore_%'"
                                + " UNION ALL SELECT 'role ' || rolname FROM pg_roles WHERE rolname LIKE 'pgsteward_restore_%'"));
        leftovers.removeIf(name -> name.contains("pgsteward_restore_0bad"));
        folders().forEach(name -> leftovers.add("folder " + name));
        return leftovers;
    }

    /** Returns the names of the scratch folders of restores, and of locks of restores without a folder. */
    private List<String> folders() throws IOException {
        Set<String> names = new TreeSet<>();
        for (String parent : List.of("state/scratch", "state/locks")) {
            try (Stream<Path> children = Files.list(host.folder().resolve(parent))) {
                children.map(child -> child.getFileName().toString().replace(".lock", ""))
                        .filter(name -> name.startsWith("pgsteward_restore_"))
                        .forEach(names::add);
            }
        }
        return List.copyOf(names);
    }
}
