package org.pgsteward.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.pgsteward.TestHost;
import org.pgsteward.app.Wiring;
import org.pgsteward.backup.copy.CopyPass;
import org.pgsteward.backup.copy.CopyTarget;
import org.pgsteward.backup.copy.ends.Client;
import org.pgsteward.backup.copy.ends.SftpEnd;
import org.pgsteward.camel.Pipeline;
import org.pgsteward.engine.recorded.RecordedEngine;
import org.pgsteward.model.Secret;
import org.pgsteward.postgres.NeedsPostgres;
import org.pgsteward.postgres.Programs;
import org.pgsteward.postgres.TestCluster;

/**
 * The pages of {@code src/docs/how-to}, typed line by line on a real PostgreSQL and the recording of a home-lab. An
 * operator created its databases by hand. Lines that need a Docker Engine are left to the stories of {@code
 * acceptance}. {@link DocumentedCommandsTest} checks that no other line is left out.
 */
@NeedsPostgres
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@Timeout(value = 40, unit = TimeUnit.MINUTES)
class HowToIT {
    private static final int NEXT_MAJOR = 17;

    /** The folder of the store in the image. */
    private static final String STORE = "/var/lib/pgsteward/backups";

    private static final List<String> EVERYTHING = List.of("backup", "--all");

    /** The new server is available after this line. */
    private static final String NEW_SERVER = "docker compose up -d --wait postgresql";

    private final Map<TestHost, String> everything = new HashMap<>();
    private RecordedEngine engine;
    private TestHost host;
    private Path checkout = Path.of("/nowhere");

    @BeforeAll
    void moveFromACronScript(@TempDir Path folder) throws Exception {
        checkout = folder;
        Files.createDirectories(checkout.resolve("secrets/pgsteward"));
        Files.createDirectories(checkout.resolve("secrets/services"));
        Files.writeString(checkout.resolve("secrets/services/navidrome_password"), "navidromes\n");
        engine = new RecordedEngine(Clock.systemUTC());
        engine.play("deploy");
        host = onTheHomeLab(TestHost.start());
        host.cluster()
                .run(
                        "homelab",
                        "CREATE ROLE vikunja LOGIN PASSWORD 'demo-vikunja'",
                        "CREATE DATABASE vikunja OWNER vikunja TEMPLATE template0");
        host.cluster()
                .run(
                        "vikunja",
                        "CREATE TABLE public.tasks AS SELECT generate_series(1, 4321) AS n",
                        "ALTER TABLE public.tasks OWNER TO vikunja");
        follow("move-from-a-cron-script", host);
    }

    @AfterAll
    void stop() throws Exception {
        host.close();
        engine.close();
    }

    @Test
    void addAService() throws Exception {
        follow("add-a-service", host);
        assertThat(host.rows("homelab", "SELECT service_name FROM public.service_configs"))
                .contains("vikunja", "linkding");
    }

    @Test
    void changeASchedule() throws Exception {
        follow("change-a-schedule", host);
    }

    @Test
    void uninstall() throws Exception {
        follow("uninstall", host);
    }

    @Test
    void copyBackups() throws Exception {
        Client.need("rclone", "rclone");
        try (SftpEnd nas = SftpEnd.start()) {
            Path conf =
                    Files.writeString(checkout.resolve("secrets/pgsteward/rclone.conf"), nas.rclone("nas", nas.port()));
            CommandRun backups = CommandRun.on(host, EVERYTHING.toArray(String[]::new));
            assertThat(backups.code()).as(backups.err()).isZero();
            copyToNas(conf);
            follow("copy-backups", host);
        }
        assertThat(host.rows("vikunja_from_nas", "SELECT count(*) FROM public.tasks"))
                .containsExactly("4321");
    }

    /** Copies the backups as the daemon does. */
    private void copyToNas(Path conf) throws Exception {
        Wiring wiring = host.wiring(Map.of(
                "pgsteward.copy.rclone.remote",
                "nas:pgsteward",
                "pgsteward.copy.rclone.config",
                Files.readString(conf)));
        Pipeline pipeline = wiring.copyPipeline().start();
        try {
            CopyTarget target = wiring.copyTargets().all().get(0);
            CopyPass.Result result = wiring.copyPass()
                    .run(target, wiring.copyTargets().place(target.name()), service -> Optional.empty());
            assertThat(result.failure()).isEmpty();
            assertThat(result.copied()).isPositive();
        } finally {
            pipeline.close();
        }
    }

    @Test
    void sendAlerts() throws Exception {
        follow("send-alerts", host);
    }

    @Test
    void restoreOneDatabase() throws Exception {
        follow("restore-one-database", host);
        assertThat(host.rows("vikunja_back", "SELECT count(*) FROM public.tasks"))
                .containsExactly("4321");
    }

    @Test
    void rotateAPassword() throws Exception {
        host.cluster().run("homelab", "ALTER ROLE vikunja PASSWORD 'the one of before'");
        follow("rotate-a-password", host);
        host.cluster()
                .server()
                .connectAs("vikunja", new Secret("demo-vikunja"), "vikunja")
                .close();
    }

    @Test
    void rebuildTheServer() throws Exception {
        try (TestHost fresh = onTheHomeLab(TestHost.start())) {
            follow("rebuild-the-server", host, fresh);
            assertThat(fresh.rows("vikunja", "SELECT count(*) FROM public.tasks"))
                    .containsExactly("4321");
        }
    }

    @Test
    void upgradePostgresql() throws Exception {
        Optional<Programs> next = nextMajor();
        assumeTrue(next.isPresent());
        try (TestHost newer = onTheHomeLab(TestHost.start(TestCluster.start(next.orElseThrow())))) {
            follow("upgrade-postgresql", host, newer);
            assertThat(newer.rows("vikunja", "SELECT count(*) FROM public.tasks"))
                    .containsExactly("4321");
        }
    }

    private static Optional<Programs> nextMajor() {
        try {
            return Optional.of(Programs.find(Optional.empty(), NEXT_MAJOR));
        } catch (IOException notHere) {
            System.err.println("skipped: the upgrade to PostgreSQL 17, whose programs are not on this machine; install"
                    + " postgresql-17");
            return Optional.empty();
        }
    }

    private TestHost onTheHomeLab(TestHost host) {
        host.environment().put("PGSTEWARD_DOCKER_HOST", engine.host());
        host.environment().put("PGSTEWARD_POSTGRES_CONTAINER", "postgresql");
        host.environment()
                .put(
                        "PGSTEWARD_SECRETS_DIR",
                        checkout.resolve("secrets/services").toString());
        return host;
    }

    /**
     * Types the lines of a page, first at {@code now}. After the line at which the page starts a new server, continues
     * at {@code then}.
     */
    private void follow(String task, TestHost now, TestHost... then) throws Exception {
        TestHost at = now;
        Map<String, String> more = settings(task);
        more.keySet().removeAll(now.environment().keySet());
        now.environment().putAll(more);
        for (Handbook.Step step : Handbook.steps(Handbook.howTo(task))) {
            Handbook.Line line = step.line();
            if (line.text().startsWith(NEW_SERVER) && then.length > 0) {
                at = then[0];
                copyStore(now, at);
            }
            if (DocumentedCommandsTest.needsMore(line)) {
                continue;
            }
            String out = line.command().isEmpty() ? shell(line) : command(at, line);
            assertThat(out).as(line.toString()).containsPattern(step.shape());
        }
        now.environment().keySet().removeAll(more.keySet());
    }

    /** Returns the settings that a page writes into {@code .env}. A file that they name is in the checkout. */
    private Map<String, String> settings(String task) throws IOException {
        Map<String, String> settings = new HashMap<>();
        for (Handbook.Line line : Handbook.settings(Handbook.howTo(task))) {
            String[] parts = line.text().split("=", 2);
            settings.put(
                    parts[0],
                    parts[1].replaceFirst(
                            "^/run/pgsteward/",
                            checkout.resolve("secrets/pgsteward").toString() + "/"));
        }
        return settings;
    }

    private static void copyStore(TestHost from, TestHost to) throws Exception {
        assertThat(new ProcessBuilder(
                                "cp", "-a", from.store().toString(), to.store().toString())
                        .start()
                        .waitFor())
                .isZero();
    }

    /**
     * Runs a line. A full backup at the beginning of one page also serves the next page that begins with one at the
     * same server.
     */
    private String command(TestHost at, Handbook.Line line) throws Exception {
        String known = line.command().equals(EVERYTHING) ? everything.get(at) : null;
        String out = known == null ? run(at, line) : known;
        if (line.command().equals(EVERYTHING)) {
            everything.put(at, out);
        }
        return out;
    }

    private static String run(TestHost at, Handbook.Line line) throws Exception {
        String[] words = line.command().stream()
                .map(word -> word.equals(STORE) ? at.store().toString() : word)
                .toArray(String[]::new);
        CommandRun run = CommandRun.on(at, words);
        assertThat(run.code()).as("%s%n%s%n%s", line, run.out(), run.err()).isZero();
        return run.out();
    }

    private String shell(Handbook.Line line) throws Exception {
        Path typed = Files.writeString(checkout.resolve("typed"), "what a person types\n");
        Process shell = new ProcessBuilder("sh", "-euc", line.text())
                .directory(checkout.toFile())
                .redirectInput(typed.toFile())
                .redirectErrorStream(true)
                .start();
        String out = new String(shell.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(shell.waitFor()).as("%s%n%s", line, out).isZero();
        return out;
    }
}
