package org.pgsteward.acceptance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.awaitility.Awaitility;
import org.awaitility.core.ConditionFactory;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestMethodOrder;
import org.junit.jupiter.api.io.TempDir;
import org.pgsteward.backup.Age;
import org.pgsteward.camel.receivers.HookServer;
import org.pgsteward.cli.DocumentedCommandsTest;
import org.pgsteward.cli.Handbook;
import org.pgsteward.engine.NeedsEngine;

/**
 * {@code ./pgsteward init && docker compose up} with the shipped compose file, then what may happen to a host. One
 * deployment for all tests, in their order: bringing it up takes longer than any of them.
 */
@NeedsEngine
@Tag("deployment")
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
@SuppressWarnings("NullAway.Init") // JUnit and the first method set the fields
class ComposeIT {
    private static final Map<String, String> PASSWORDS = new TreeMap<>(Map.of(
            "vikunja", "$VIKUNJA_DATABASE_PASSWORD",
            "hedgedoc", "$(echo \"$CMD_DB_URL\" | sed 's/.*:\\(.*\\)@.*/\\1/')",
            "linkding", "$LD_DB_PASSWORD",
            "navidrome", "$PGPASSWORD"));
    private static final Pattern CONNECTED =
            Pattern.compile("connected database=(\\S+) user=(\\S+) attempts=(\\d+) elapsed_ms=(\\d+)");
    private static final Pattern RATIO =
            Pattern.compile("pgsteward_container_memory_ratio\\{service=\"postgresql\"} (\\S+)");
    private static final Pattern AT_WORK = Pattern.compile("at work after (\\d+) ms");
    private static final String STORE = "/var/lib/pgsteward/backups";
    private static final String BALLAST = "/var/lib/pgsteward/ballast";

    private static final String STATE_OF_LAST =
            "SELECT state, success FROM backup_log WHERE service_name = 'vikunja' ORDER BY id DESC LIMIT 1";

    @TempDir
    private static Path folder;

    private static Deployment host;
    private static Pages pages;
    private static Instant begun;

    /** Who is told beside the mailbox; empty where containers do not reach this process. */
    private static Optional<HookServer> hook = Optional.empty();

    /** What could be seen of the processes inside pgsteward while backups were made. */
    private static final Set<String> PROCESSES = new TreeSet<>();

    @BeforeAll
    static void bringItUp() throws IOException {
        host = new Deployment(folder);
        pages = new Pages(host);
        begun = Instant.now();
        Optional<String> hindrance = host.hindrance();
        if (hindrance.isEmpty()) {
            Optional<InetAddress> here = host.reachableHere();
            if (here.isPresent()) {
                hook = Optional.of(new HookServer(new InetSocketAddress(here.get(), 0)));
            }
            hindrance = host.build(
                    hook.map(server -> "http://" + here.orElseThrow().getHostAddress() + ":" + server.port() + "/hook")
                            .orElse("http://127.0.0.1:1/"));
        }
        hindrance.ifPresent(why -> System.out.println("skipped: end-to-end tests, " + why));
        assumeTrue(hindrance.isEmpty(), () -> "end-to-end tests cannot run here");
        say("images built after %d s", sinceThen(begun) / 1000);
        Instant up = Instant.now();
        host.up();
        await().until(() -> host.docker("logs", "pgsteward").both().contains("at work after"));
        Matcher atWork = AT_WORK.matcher(host.docker("logs", "pgsteward").both());
        say(
                "docker compose up: at work after %d ms, of which %s in the JVM",
                sinceThen(up), atWork.find() ? atWork.group(1) + " ms" : "?");
    }

    /** What failed half-way is one failure and not the next ones', too. */
    @AfterEach
    void isUpForTheNext() {
        host.docker("start", "postgresql", "pgsteward");
    }

    @AfterAll
    static void takeItAway() {
        host.down();
        hook.ifPresent(HookServer::close);
        host.removeImages();
    }

    @Test
    @Order(1)
    void runsWithinItsLimitsAndWithoutRightsThatItDoesNotNeed() {
        assertThat(
                        host.inspect(
                                "postgresql",
                                "{{.HostConfig.Memory}} {{.HostConfig.MemoryReservation}} {{.HostConfig.ShmSize}} {{.HostConfig.PortBindings}} {{.Config.User}}"))
                .isEqualTo("268435456 134217728 268435456 map[] postgres");
        assertThat(host.inspect(
                        "postgresql", "{{range $name, $network := .NetworkSettings.Networks}}{{$name}} {{end}}"))
                .isEqualTo("internal_db internal_db_pgsteward");
        for (String network : List.of("internal_db", "internal_db_pgsteward")) {
            assertThat(host.docker("network", "inspect", "--format", "{{.Internal}}", network)
                            .out())
                    .isEqualTo("true");
        }
        // Who is on a network with it may answer to the names that it looks for.
        assertThat(host.inspect("pgsteward", "{{range $name, $network := .NetworkSettings.Networks}}{{$name}} {{end}}"))
                .doesNotContain("internal_db ")
                .contains("internal_db_pgsteward");
        assertThat(
                        host.inspect(
                                "pgsteward",
                                "{{.HostConfig.ReadonlyRootfs}} {{.HostConfig.CapDrop}} {{.HostConfig.SecurityOpt}} {{.Config.User}} {{.HostConfig.Memory}}"))
                .isEqualTo("true [ALL] [no-new-privileges:true] pgsteward 402653184");
        assertThat(host.inspect("pgsteward", "{{range .Mounts}}{{.Source}} {{end}}"))
                .doesNotContain("docker.sock");
        assertThat(host.inside("pgsteward", "ls /var/lib/postgresql/data").err())
                .contains("Permission denied");
        assertThat(host.docker("exec", "pgsteward", "pgsteward", "doctor").both())
                .as("whether it sees the disk of that folder all the same")
                .contains("Nothing is wrong")
                .doesNotContain("the disk of PostgreSQL");
        assertThat(host.inside("pgsteward", "touch /opt/here").err()).contains("Read-only file system");
        assertThat(host.inside("pgsteward", "find / -xdev -name '*.sock' -type s 2>/dev/null")
                        .out())
                .isEmpty();
        assertThat(host.inspect(
                        "pgsteward",
                        "{{range $port, $on := .NetworkSettings.Ports}}{{$port}} {{(index $on 0).HostIp}}{{end}}"))
                .isEqualTo("8080/tcp 127.0.0.1");
        for (String container : List.of("postgresql", "pgsteward", "pgsteward-e2e-docker-proxy-1")) {
            await().until(() ->
                    host.inspect(container, "{{.State.Health.Status}}").equals("healthy"));
        }
        assertThat(host.inside("pgsteward", "find /var/lib/pgsteward -xdev ! -user pgsteward")
                        .out())
                .as("what it could not write, such as the answer to a request")
                .isEmpty();
    }

    @Test
    @Order(2)
    void givesEachOfTheSeedsServicesADatabaseThatNoOtherMayEnter() {
        host.servicesUp();

        for (String service : PASSWORDS.keySet()) {
            await().until(() -> host.docker("logs", service).out().contains("\nconnected ")
                    || host.docker("logs", service).out().startsWith("connected "));
            Matcher connected = CONNECTED.matcher(host.docker("logs", service).out());
            assertThat(connected.find()).isTrue();
            assertThat(connected.group(1) + " " + connected.group(2)).isEqualTo(service + " " + service);
            say("%s connected at attempt %s, after %s ms", service, connected.group(3), connected.group(4));
        }
        for (String from : PASSWORDS.keySet()) {
            for (String to : PASSWORDS.keySet()) {
                Ended tried = host.inside(
                        from,
                        "PGPASSWORD=" + PASSWORDS.get(from) + " psql -XqAt -h postgresql -U " + from + " -d " + to
                                + " -c 'SELECT 1'");
                assertThat(tried.isWell())
                        .as("%s into the database of %s: %s", from, to, tried.both())
                        .isEqualTo(from.equals(to));
                assertThat(tried.err()).matches(from.equals(to) ? "" : "(?s).*permission denied for database.*");
            }
        }
        assertThat(
                        host.sql(
                                "SELECT string_agg(datname || '=' || pg_get_userbyid(datdba), ' ' ORDER BY datname) FROM pg_database WHERE datname IN (SELECT database_name FROM service_configs)"))
                .isEqualTo("hedgedoc=hedgedoc linkding=linkding navidrome=navidrome vikunja=vikunja");
        assertThat(
                        host.sql(
                                "SELECT string_agg(rolname, ' ' ORDER BY rolname) FROM pg_roles WHERE rolcanlogin AND NOT rolsuper"))
                .isEqualTo("hedgedoc linkding navidrome vikunja");
        await().untilAsserted(() -> assertThat(
                        host.sql("SELECT service_name, database_name FROM service_status ORDER BY 1"))
                .isEqualTo("hedgedoc|hedgedoc\nlinkding|linkding\nnavidrome|navidrome\nvikunja|vikunja"));
        await().untilAsserted(() -> assertThat(
                        host.sql(
                                "SELECT service_name, count(*) FROM user_activity WHERE action = 'provisioned' GROUP BY 1 ORDER BY 1"))
                .isEqualTo("hedgedoc|1\nlinkding|1\nnavidrome|1\nvikunja|1"));
    }

    @Test
    @Order(3)
    void backsEverythingUpAndProvesItWithPasswordsInNoArgument() {
        CompletableFuture<Ended> running = CompletableFuture.supplyAsync(
                () -> host.docker("exec", "pgsteward", "pgsteward", "backup", "--all", "--json"));
        await().pollInterval(Duration.ofMillis(150)).until(() -> {
            lookAtProcesses();
            return running.isDone();
        });
        Ended backup = running.join();
        assertThat(backup.code()).as(backup.both()).isZero();
        List<String> services = new ArrayList<>();
        host.parse(backup.out()).path("backups").forEach(made -> {
            assertThat(made.path("state").asText()).as(made.toString()).isEqualTo("verified");
            services.add(made.path("service").asText());
            say(
                    "%s: dumped in %s s, proved in %s s",
                    made.path("service").asText(), made.path("dump_seconds"), made.path("verify_seconds"));
        });
        assertThat(services).contains("vikunja", "hedgedoc", "linkding", "navidrome", "homelab", "_globals");
        assertThat(
                        host.sql(
                                "SELECT count(*) FROM backup_log WHERE service_name = 'vikunja' AND state = 'verified' AND success AND verified_at IS NOT NULL"))
                .isEqualTo("1");
    }

    @Test
    @Order(4)
    void aDumpIsRestoredWithPublicToolsAlone() {
        String dump = host.inside("pgsteward", "ls " + STORE + "/vikunja/*.dump.zst")
                .well()
                .out();
        // The dump is older than the rows that are written every five seconds: its own count is in the manifest.
        String rows = host.parse(host.inside("pgsteward", "cat " + dump + ".manifest.json")
                        .well()
                        .out())
                .path("rows")
                .path("public.tasks")
                .asText();
        host.sql("CREATE DATABASE e2e_restored");

        Ended restored = host.shell("docker exec pgsteward cat " + dump
                + " | zstd -dc | docker exec -i postgresql pg_restore -U homelab --exit-on-error -d e2e_restored");

        assertThat(restored.isWell()).as(restored.both()).isTrue();
        assertThat(host.sql("e2e_restored", "SELECT count(*) FROM tasks")).isEqualTo(rows);
        assertThat(host.sql("e2e_restored", "SELECT tableowner FROM pg_tables WHERE tablename = 'tasks'"))
                .isEqualTo("vikunja");
        host.sql("DROP DATABASE e2e_restored");
    }

    @Test
    @Order(4)
    void theWholeClusterIsBackedUpAndProvedAndRunsFromANewVolume() throws IOException {
        Ended backup = host.docker("exec", "pgsteward", "pgsteward", "backup", "--kind", "base", "--json");
        assertThat(backup.isWell()).as(backup.both()).isTrue();
        JsonNode made = host.parse(backup.out()).path("backups").path(0);
        assertThat(made.path("state").asText()).as(made.toString()).isEqualTo("verified");
        say(
                "base backup of %s bytes: made in %s s, proved in %s s, stored as %s bytes",
                made.path("source_bytes"),
                made.path("dump_seconds"),
                made.path("verify_seconds"),
                made.path("size_bytes"));
        String tasks = host.sql("vikunja", "SELECT min(id) FROM tasks");

        host.shell("docker exec pgsteward cat " + STORE + "/"
                        + made.path("path").asText() + " >base.tar.zst")
                .well();
        String line = Handbook.blocks(Handbook.README).stream()
                .map(Handbook.Line::text)
                .filter(text -> text.matches("zstd -d < \\S+ \\| docker run .*"))
                .findFirst()
                .orElseThrow();
        Ended unpacked = host.shell(
                line.replaceFirst("< \\S+", "< base.tar.zst").replace(" restored:", " " + Deployment.RESTORED + ":"));
        assertThat(unpacked.isWell()).as(unpacked.both()).isTrue();
        host.docker(
                        "run",
                        "--detach",
                        "--network",
                        "none",
                        "--user",
                        "postgres",
                        "--name",
                        Deployment.RESTORED,
                        "--volume",
                        Deployment.RESTORED + ":/var/lib/postgresql/data",
                        "postgres:15-alpine")
                .well();

        String minimum = "psql -XqAt -U homelab -d vikunja -c 'SELECT min(id) FROM tasks'";
        await().until(() -> host.inside(Deployment.RESTORED, minimum).isWell());
        assertThat(host.inside(Deployment.RESTORED, minimum).out()).isEqualTo(tasks);
        host.docker("rm", "--force", Deployment.RESTORED).well();
        // The line in compose is for the administrator alone.
        Ended service = host.inside(
                "vikunja",
                "PGPASSWORD=" + PASSWORDS.get("vikunja")
                        + " psql -XqAt 'host=postgresql user=vikunja dbname=vikunja replication=true' -c IDENTIFY_SYSTEM");
        assertThat(service.err()).contains("no pg_hba.conf entry for replication connection");
    }

    @Test
    @Order(5)
    void tellsOnceThatPostgresqlIsGoneAndOnceThatItIsBackAndLosesNoRowMeanwhile() {
        host.docker("kill", "postgresql").well();
        await().until(() -> states("postgres-down").equals(List.of("firing")));
        host.docker("restart", "--time", "1", "vikunja").well();
        Instant restarted = Instant.now();
        host.docker("start", "postgresql").well();

        await().until(() -> states("postgres-down").equals(List.of("firing", "resolved")));
        say("postgresql back: told after %d ms", sinceThen(restarted));
        await().during(Duration.ofSeconds(6))
                .until(() -> states("postgres-down").equals(List.of("firing", "resolved")));
        assertThat(
                        host.sql(
                                "SELECT split_part(action, ' (', 1), count(*) FROM user_activity"
                                        + " WHERE service_name = 'vikunja' AND action ~ '^container (die|start)' GROUP BY 1 ORDER BY 1"))
                .isEqualTo("container die|1\ncontainer start|2");
        assertThat(host.sql("SELECT service_name, action, created_at FROM user_activity GROUP BY 1, 2, 3"
                        + " HAVING count(*) > 1"))
                .isEmpty();
        assertThat(waiting()).isEqualTo("0");
    }

    @Test
    @Order(6)
    void tellsOnceOfMemoryOver80PercentAndOnceOfItsEnd() {
        Matcher ratio = RATIO.matcher(host.get("/observe/metrics"));
        assertThat(ratio.find()).isTrue();
        long mebibytes = Math.round((0.85 - Double.parseDouble(ratio.group(1))) * 256);
        say("postgresql uses %s of its 256 MiB; takes %d MiB more", ratio.group(1), mebibytes);

        // tail keeps all of a text without a line's end, and cannot let go of it before sleep ends. Of three, none
        // takes
        // more than one process may.
        host.docker(
                        "exec",
                        "--detach",
                        "postgresql",
                        "sh",
                        "-c",
                        "for n in 1 2 3; do head -c " + mebibytes * 1024 / 3
                                + "k /dev/zero | tail -n 1 | sleep 12 & done; wait")
                .well();

        await().until(() -> states("memory-high").equals(List.of("firing", "resolved")));
        await().during(Duration.ofSeconds(6)).until(() -> states("memory-high").equals(List.of("firing", "resolved")));

        JsonNode notice = host.notices("memory-high").get(0);
        assertThat(notice.path("severity").asText()).isEqualTo("warning");
        assertThat(notice.path("service").asText()).isEqualTo("postgresql");
        assertThat(notice.path("figures").path("percent").asDouble()).isBetween(80.0, 90.0);
        assertThat(notice.path("figures").path("limitBytes").asLong()).isEqualTo(268435456);
        assertThat(host.inspect("postgresql", "{{.State.OOMKilled}} {{.State.Running}}"))
                .isEqualTo("false true");
    }

    @Test
    @Order(7)
    void learnsWithin30SecondsWhatHappenedWhileItHeardNothing() {
        host.compose("stop", "docker-proxy").well();
        host.docker("rm", "--force", "linkding").well();
        latecomer(Deployment.APPLICATION, "known-secret-latecomer").well();
        host.compose("start", "docker-proxy").well();
        Instant hears = Instant.now();

        await().until(() -> host.docker("logs", Deployment.LATECOMER).out().contains("connected database=latecomer"));
        say("hears again: the new service had its database after %d ms", sinceThen(hears));
        await().until(() -> !host.get("/observe/metrics").contains("pgsteward_service_up{service=\"linkding\"} 1.0"));
        say("hears again: the removed service was known to be gone after %d ms", sinceThen(hears));
        // The service connects a moment before that is written down.
        await().until(() -> host.sql("SELECT count(*) FROM user_activity WHERE service_name = '" + Deployment.LATECOMER
                        + "' AND action = 'provisioned'")
                .equals("1"));
        await().until(() -> waiting().equals("0"));
        assertThat(host.sql("SELECT service_name, action, created_at FROM user_activity GROUP BY 1, 2, 3"
                        + " HAVING count(*) > 1"))
                .isEmpty();
    }

    @Test
    @Order(8)
    void aBackupThatIsKilledIsWrittenDownAsFailedAndLeavesNothingInTheWay() {
        host.sql(
                "vikunja",
                "CREATE TABLE ballast AS SELECT n, md5(n::text) || md5((n + 1)::text) AS text"
                        + " FROM generate_series(1, 1500000) n");
        host.docker("exec", "--detach", "pgsteward", "pgsteward", "backup", "vikunja")
                .well();
        // Stopped, so that the dump does not end before it is killed.
        host.inside(
                        "pgsteward",
                        "until [ -s " + STORE + "/vikunja/*.part ]; do sleep 0.05; done;"
                                + " for process in /proc/[0-9]*; do"
                                + "  if [ \"$(cat $process/comm)\" = pg_dump ]; then kill -STOP ${process#/proc/}; fi;"
                                + " done")
                .well();
        lookAtProcesses();
        host.docker("kill", "--signal", "KILL", "pgsteward").well();
        assertThat(PROCESSES).as("processes seen").anyMatch(line -> line.contains("pg_dump"));
        assertThat(host.sql(STATE_OF_LAST)).isEqualTo("running|f");

        host.docker("start", "pgsteward").well();

        await().until(() -> host.sql(STATE_OF_LAST).equals("failed|f"));
        // Among them is the set's, which is written anew just then.
        await().until(() -> host.inside("pgsteward", "find " + STORE + " -name '*.part'")
                .well()
                .out()
                .isEmpty());
        host.sql("vikunja", "DROP TABLE ballast");
        Ended again = host.docker("exec", "pgsteward", "pgsteward", "backup", "vikunja");
        assertThat(again.isWell()).as(again.both()).isTrue();
        assertThat(host.sql(STATE_OF_LAST)).isEqualTo("verified|t");
    }

    @Test
    @Order(9)
    void rightsThatSomebodyChangedAreTakenBackAndTold() {
        host.sql("GRANT CONNECT ON DATABASE hedgedoc TO PUBLIC");

        // Put right within the five seconds that news waits, it is one message; later, two.
        await().until(() -> rightsOfHedgedoc("state").contains("resolved"));
        assertThat(intoHedgedoc().err()).contains("permission denied for database");
        assertThat(rightsOfHedgedoc("text").get(0)).contains("every role may connect to database hedgedoc");
        assertThat(rightsOfHedgedoc("state")).doesNotHaveDuplicates();
        Ended plan = host.docker("exec", "pgsteward", "pgsteward", "provision", "--plan");
        assertThat(plan.isWell()).as(plan.both()).isTrue();
        assertThat(plan.out())
                .containsPattern("vikunja +database vikunja of role vikunja")
                .contains("to do: nothing");
    }

    private static void lookAtProcesses() {
        host.docker("top", "pgsteward", "-eo", "pid,args").out().lines().forEach(PROCESSES::add);
    }

    private static List<String> rightsOfHedgedoc(String field) {
        return host.notices("rights-changed").stream()
                .filter(notice -> notice.path("service").asText().equals("hedgedoc"))
                .map(notice -> notice.path(field).asText())
                .toList();
    }

    private static Ended intoHedgedoc() {
        return host.inside(
                "vikunja",
                "PGPASSWORD=" + PASSWORDS.get("vikunja")
                        + " psql -XqAt -h postgresql -U vikunja -d hedgedoc -c 'SELECT 1'");
    }

    @Test
    @Order(10)
    void aStrangerWhoAsksForAnothersDatabaseIsRefusedAndTold() {
        stranger("DATABASE_URL=postgres://vikunja:known-secret-guess@postgresql/vikunja");

        await().until(() -> states("enrolment-refused").equals(List.of("firing")));
        JsonNode notice = host.notices("enrolment-refused").get(0);
        assertThat(notice.path("service").asText()).isEqualTo(Deployment.STRANGER);
        assertThat(notice.path("text").asText()).contains("belongs to service 'vikunja'");
        host.docker("rm", "--force", Deployment.STRANGER).well();
        assertThat(host.sql("SELECT count(*) FROM service_configs WHERE service_name = '" + Deployment.STRANGER + "'"))
                .isEqualTo("0");
    }

    /** Taken for the one, it could set any password; taken for the other, it could relay the administrator's login. */
    @Test
    @Order(10)
    void whoCallsItselfAsTheEngineOrTheServerIsNotTakenForIt() {
        String resolved = host.inside("pgsteward", "getent ahosts postgresql docker-proxy | sort -u")
                .well()
                .out();
        host.docker(
                        "run",
                        "--detach",
                        "--name",
                        Deployment.GUESSER,
                        "--network",
                        "internal_db",
                        "--network-alias",
                        "docker-proxy",
                        "--network-alias",
                        "postgresql",
                        "--entrypoint",
                        "sleep",
                        Deployment.APPLICATION,
                        "600")
                .well();
        try {
            assertThat(host.inside("vikunja", "getent ahosts docker-proxy").out())
                    .as("what a service hears")
                    .isNotEmpty();
            assertThat(host.inside("pgsteward", "getent ahosts postgresql docker-proxy | sort -u")
                            .well()
                            .out())
                    .isEqualTo(resolved);
            await().until(() -> states("postgres-name-taken").equals(List.of("firing")));
        } finally {
            host.docker("rm", "--force", Deployment.GUESSER);
        }
        await().until(() -> states("postgres-name-taken").equals(List.of("firing", "resolved")));
    }

    @Test
    @Order(10)
    void aContainerThatTriesAWrongPasswordForAnothersRoleIsNamed() {
        Instant started = Instant.now();
        // What fails until a minute after a service got its database is not counted: neither are its own first tries.
        host.sql("UPDATE service_configs SET created_at = (now() AT TIME ZONE 'UTC') - interval '60 seconds'"
                + " WHERE service_name = '" + Deployment.LATECOMER + "'");
        // Not as one of the seed's four, of whose attempts on one another's databases nothing is told.
        host.docker(
                        "run",
                        "--detach",
                        "--name",
                        Deployment.GUESSER,
                        "--network",
                        "internal_db",
                        "--env",
                        "PGPASSWORD=known-secret-wrong",
                        "--entrypoint",
                        "sh",
                        Deployment.APPLICATION,
                        "-c",
                        "for n in 1 2 3 4; do psql -Xq -h postgresql -U latecomer -d latecomer -c 'SELECT 1'; done; sleep 600")
                .well();
        try {
            await().until(() -> !told("logins-failed", Deployment.GUESSER).isEmpty());
        } finally {
            host.docker("rm", "--force", Deployment.GUESSER);
        }
        say("a wrong password was told after %d ms", sinceThen(started));
        JsonNode notice = told("logins-failed", Deployment.GUESSER).get(0);
        assertThat(notice.path("text").asText())
                .containsPattern("x wrong password: role latecomer, database latecomer, from guesser \\([0-9.]+\\)");
        assertThat(notice.path("remedy").asText()).contains("docker stop guesser");
    }

    @Test
    @Order(10)
    void aStatementThatTakesAllMemoryFailsByItselfAndEndsNoOther() {
        String since =
                "SELECT pg_postmaster_start_time(), backend_start FROM pg_stat_activity WHERE backend_type = 'checkpointer'";
        String before = host.sql(since);

        Ended greedy = host.inside(
                "vikunja",
                "PGPASSWORD=" + PASSWORDS.get("vikunja") + " psql -XqAt -h postgresql -U vikunja -d vikunja"
                        + " -c \"SET work_mem = '2GB'\""
                        + " -c \"SELECT count(*) FROM (SELECT DISTINCT repeat(n::text, 20) FROM generate_series(1, 9000000) n) t\""
                        + " -c \"SELECT cardinality(array_agg(repeat(n::text, 20))) FROM generate_series(1, 9000000) n\"");

        assertThat(greedy.err()).contains("ERROR:  out of memory");
        assertThat(host.sql(since)).isEqualTo(before);
        assertThat(host.inspect("postgresql", "{{.State.OOMKilled}}")).isEqualTo("false");
    }

    @Test
    @Order(10)
    void whoHoldsAllConnectionsWithoutALoginIsNamed() {
        int before = states("postgres-down").size();
        host.docker(
                        "run",
                        "--detach",
                        "--name",
                        Deployment.GUESSER,
                        "--network",
                        "internal_db",
                        "--entrypoint",
                        "bash",
                        Deployment.APPLICATION,
                        "-c",
                        "while true; do (for n in $(seq 300); do exec {fd}<>/dev/tcp/postgresql/5432; done; sleep 30); done")
                .well();
        try {
            await().until(() -> states("postgres-down").size() == before + 1);
            JsonNode down = told("postgres-down", "postgresql").get(before);
            assertThat(down.path("text").asText())
                    .containsPattern(
                            "container " + Deployment.GUESSER + " \\([0-9.]+\\) holds \\d+ of its \\d+ connections");
            assertThat(down.path("remedy").asText()).startsWith("docker stop " + Deployment.GUESSER);
        } finally {
            host.docker("rm", "--force", Deployment.GUESSER);
        }
        await().until(() -> states("postgres-down").size() == before + 2);
    }

    @Test
    @Order(11)
    void anUpdateKeepsTheServiceChangesItsPasswordAndPinsTheLastProvedBackupOfBefore() {
        Ended backup = host.docker("exec", "pgsteward", "pgsteward", "backup", Deployment.LATECOMER);
        assertThat(backup.isWell()).as(backup.both()).isTrue();
        String path = host.sql("SELECT backup_path FROM backup_log WHERE service_name = '" + Deployment.LATECOMER
                + "' AND state = 'verified'");
        host.docker("commit", Deployment.LATECOMER, Deployment.NEWER).well();
        host.docker("rm", "--force", Deployment.LATECOMER).well();

        latecomer(Deployment.NEWER, "known-secret-changed").well();

        await().until(() -> host.docker("logs", Deployment.LATECOMER).out().contains("connected database=latecomer"));
        await().until(() -> !host.notices("image-changed").isEmpty());
        assertThat(host.notices("image-changed").get(0).path("text").asText())
                .contains("latecomer went from " + Deployment.APPLICATION)
                .contains("to " + Deployment.NEWER)
                .contains(path);
        await().until(() -> host.sql("SELECT count(*) FROM backup_log WHERE pinned IS NOT NULL")
                .equals("1"));
        assertThat(states("image-changed")).containsExactly("firing");
    }

    @Test
    @Order(12)
    void aServiceIsPutIntoQuarantineAndTakenOutAgain() {
        String rows = host.sql("latecomer", "SELECT count(*) > 0 FROM tasks");
        Ended removed = host.docker("exec", "pgsteward", "pgsteward", "remove", Deployment.LATECOMER);
        assertThat(removed.isWell()).as(removed.both()).isTrue();
        assertThat(removed.out())
                .contains("last proved backup: " + Deployment.LATECOMER + "/")
                .contains("--undo");
        assertThat(host.sql("SELECT rolcanlogin FROM pg_roles WHERE rolname = 'latecomer'"))
                .isEqualTo("f");

        Ended undone = host.docker("exec", "pgsteward", "pgsteward", "remove", "--undo", Deployment.LATECOMER);

        assertThat(undone.isWell()).as(undone.both()).isTrue();
        assertThat(host.sql("latecomer", "SELECT count(*) > 0 FROM tasks")).isEqualTo(rows);
        assertThat(host.sql("SELECT rolcanlogin FROM pg_roles WHERE rolname = 'latecomer'"))
                .isEqualTo("t");
        Ended unknown = host.docker("exec", "pgsteward", "pgsteward", "remove", "nobody");
        assertThat(unknown.code()).isEqualTo(2);
        assertThat(unknown.err()).contains("there is no service 'nobody'").hasLineCount(1);
    }

    @Test
    @Order(13)
    void anUpdateOfAllServicesIsOneMessageForInformation() {
        int before = host.notices("service-updated").size();

        host.services("up", "--detach", "--force-recreate").well();

        await().until(() -> host.notices("service-updated").size() > before);
        await().during(Duration.ofSeconds(8))
                .until(() -> host.notices("service-updated").size() == before + 1);
        JsonNode notice = host.notices("service-updated").get(before);
        assertThat(notice.path("title").asText()).matches("\\[info] [34] x service updated: .*");
        assertThat(notice.path("figures").path("services").asText()).contains("vikunja", "hedgedoc", "navidrome");
        assertThat(host.notices("service-down"))
                .extracting(down -> down.path("service").asText())
                .doesNotContain("vikunja", "hedgedoc", "navidrome");
    }

    /** Every program on this host reaches the status port, which has two threads. */
    @Test
    @Order(13)
    void whoSendsHalfARequestDoesNotSilenceTheHealthCheck() throws IOException {
        try (Socket one = new Socket(InetAddress.getLoopbackAddress(), host.port());
                Socket other = new Socket(InetAddress.getLoopbackAddress(), host.port())) {
            for (Socket half : List.of(one, other)) {
                half.getOutputStream().write("GET / HT".getBytes(StandardCharsets.US_ASCII));
            }
            assertThat(host.get("/observe/health/live")).contains("\"UP\"");
        }
    }

    /** The original lab: Vikunja was told 'postgres', and the container was 'postgresql'. */
    @Test
    @Order(14)
    void aHostNameThatResolvesToNothingIsDiagnosedWithTheLineToWrite() {
        stranger(
                "VIKUNJA_DATABASE_HOST=postgres",
                "VIKUNJA_DATABASE_USER=" + Deployment.STRANGER,
                "VIKUNJA_DATABASE_PASSWORD=known-secret-guess");

        // An engine with other work may take longer than the doctor waits, who says so.
        Ended doctor = await().until(
                        () -> host.docker("exec", "pgsteward", "pgsteward", "doctor"),
                        said -> !said.out().contains("does not say"));
        host.docker("rm", "--force", Deployment.STRANGER).well();

        assertThat(doctor.code()).as(doctor.both()).isEqualTo(1);
        assertThat(doctor.out())
                .contains("connection refused: " + Deployment.STRANGER)
                .contains("VIKUNJA_DATABASE_HOST says 'postgres', and no container on network internal_db is called so")
                .contains("    VIKUNJA_DATABASE_HOST: postgresql");
    }

    @Test
    @Order(15)
    void aContainerThatCrashesAgainAndAgainIsOneAlertThatCounts() {
        host.docker(
                        "run",
                        "--detach",
                        "--name",
                        Deployment.CRASHING,
                        "--network",
                        "internal_db",
                        "--restart",
                        "always",
                        "--env",
                        "PGHOST=postgresql",
                        "--env",
                        "PGUSER=" + Deployment.CRASHING,
                        "--env",
                        "PGDATABASE=" + Deployment.CRASHING,
                        "--label",
                        "pgsteward.password-file=navidrome_password",
                        "--entrypoint",
                        "sh",
                        Deployment.APPLICATION,
                        "-c",
                        "sleep 0.5; exit 3")
                .well();

        await().until(() -> !told("service-down", Deployment.CRASHING).isEmpty());
        await().untilAsserted(() -> assertThat(host.docker("exec", "pgsteward", "pgsteward", "status", "--json")
                        .out())
                .containsPattern(Deployment.CRASHING
                        + " (is being restarted|crashes) again and again, ([7-9]|\\d\\d) times within 10 min,"
                        + " last with exit code 3"));
        host.docker("rm", "--force", Deployment.CRASHING).well();

        List<JsonNode> told = told("service-down", Deployment.CRASHING);
        assertThat(told).hasSize(1);
        assertThat(told.get(0).path("text").asText())
                .as("it may be seen before its second end")
                .containsPattern(
                        "(ended and is being restarted|again and again, \\d+ times within 10 min), last with exit code 3");
        assertThat(told.get(0).path("remedy").asText()).startsWith("docker logs --tail");
    }

    @Test
    @Order(16)
    void aContainerThatTakesMoreMemoryThanItMayIsToldOnceWithTheLineThatGivesItMore() {
        host.docker(
                        "run",
                        "--detach",
                        "--name",
                        Deployment.HUNGRY,
                        "--network",
                        "internal_db",
                        "--memory",
                        "20m",
                        "--memory-swap",
                        "20m",
                        "--label",
                        "pgsteward.service=" + Deployment.HUNGRY,
                        "--label",
                        "pgsteward.password-file=navidrome_password",
                        "--entrypoint",
                        "tail",
                        Deployment.APPLICATION,
                        "-n",
                        "1",
                        "/dev/zero")
                .well();

        await().until(() -> !told("service-down", Deployment.HUNGRY).isEmpty());

        List<JsonNode> told = told("service-down", Deployment.HUNGRY);
        assertThat(told).hasSize(1);
        assertThat(told.get(0).path("text").asText()).contains("for want of memory, with a limit of 20 MiB");
        assertThat(told.get(0).path("remedy").asText())
                .isEqualTo("docker update --memory 40m --memory-swap 80m hungry\ndocker start hungry");
    }

    @Test
    @Order(17)
    void aFullDiskIsToldAndWhenItHasRoomAgainEverythingGoesOn() {
        assumeTrue(
                host.disk().isPresent(),
                "skipped: pgsteward's data lies on the engine's own disk; run the tests as root");
        Ended refused;
        try {
            Ended filled = host.inside("pgsteward", "dd if=/dev/zero of=" + BALLAST + " bs=64k");
            assertThat(filled.err()).contains("No space left");
            // A look while it fills tells of it before it is full. The mailbox lies on that disk, the hook does not.
            await().until(() -> heard("disk-filling").stream()
                    .anyMatch(notice -> notice.path("text").asText().contains("is full to 100%")));

            refused = host.docker("exec", "pgsteward", "pgsteward", "backup", "vikunja");
        } finally {
            host.inside("pgsteward", "rm " + BALLAST);
        }

        assertThat(refused.code()).isEqualTo(1);
        assertThat(refused.out()).containsPattern("needs about .*, \\d+ (bytes|KiB) free on " + STORE);
        await().until(() -> states("disk-filling").contains("resolved"));
        assertThat(states("disk-filling")).last().isEqualTo("resolved");
        // Whether the daemon heard of the refusal too depends on a byte that was free; whoever typed the command read
        // it.
        Ended backup = host.docker("exec", "pgsteward", "pgsteward", "backup", "vikunja");
        assertThat(backup.isWell()).as(backup.both()).isTrue();
        await().until(() -> !states("backup-failed").equals(List.of("firing")));
        assertThat(host.inside("pgsteward", "find " + STORE + " -name '*.part'")
                        .well()
                        .out())
                .isEmpty();
    }

    /**
     * Of the notices of all these tests none is lost. One comes twice only where pgsteward was killed, or where it had no
     * answer in time.
     */
    @Test
    @Order(18)
    void theWebhookHeardWhatTheMailboxHolds() {
        assumeTrue(hook.isPresent(), "skipped: no container reaches this process, so there is no webhook");
        await().untilAsserted(() -> assertThat(bySubject(posted())).isEqualTo(bySubject(host.notices())));
        List<String> mailbox = ids(host.notices());
        assertThat(mailbox).doesNotHaveDuplicates();
        String log = logOfTheWebhook();
        // A busy machine may answer later than pgsteward waits. Its log says so then, and it has to try again.
        List<JsonNode> unexplained = twice(posted()).stream()
                .filter(notice ->
                        !log.contains("did not take '" + notice.path("title").asText() + "'"))
                .toList();
        assertThat(unexplained).as("sent twice; pgsteward's log has:%n%s", log).hasSizeLessThanOrEqualTo(1);
        say(
                "told: %n%s",
                host.notices().stream()
                        .map(notice -> notice.path("title").asText())
                        .collect(Collectors.joining("\n")));
    }

    @Test
    @Order(19)
    void noPasswordIsToBeFoundAnywhere() throws IOException {
        String administrator = Files.readString(host.folder().resolve("secrets/postgres_password"))
                .strip();
        Map<String, String> places = new TreeMap<>();
        for (String container :
                host.docker("ps", "--all", "--format", "{{.Names}}").out().split("\n", -1)) {
            places.put("the log of " + container, host.docker("logs", container).both());
        }
        places.put("the processes", String.join("\n", PROCESSES));
        places.put(
                "the files",
                host.inside("pgsteward", "find /var/lib/pgsteward").well().out());
        places.put(
                "what is in them",
                host.inside(
                                "pgsteward",
                                "find /var/lib/pgsteward -path '*/scratch' -prune -o -type f ! -name '*.zst' -exec cat {} +")
                        .out());
        places.put(
                "the globals",
                host.shell("docker exec pgsteward sh -c 'cat " + STORE + "/_globals/*.zst' | zstd -dc")
                        .well()
                        .out());
        places.put(
                "the journal",
                host.shell("docker exec pgsteward sh -c 'cat " + STORE + "/homelab/*.zst' | zstd -dc")
                                .well()
                                .out()
                        + host.docker("exec", "postgresql", "pg_dump", "-U", "homelab", "homelab")
                                .well()
                                .out());
        for (String page : List.of("/", "/observe/health", "/observe/health/ready", "/observe/metrics")) {
            places.put(page, host.get(page));
        }
        places.put(
                "the events",
                host.docker(
                                "events",
                                "--since",
                                Long.toString(begun.getEpochSecond()),
                                "--until",
                                Long.toString(Instant.now().getEpochSecond()),
                                "--format",
                                "{{json .}}")
                        .well()
                        .out());

        // Not the texts themselves: what fails must not be what spreads a secret.
        assertThat(places.keySet())
                .filteredOn(place -> {
                    String text = places.getOrDefault(place, "");
                    return text.contains("known-secret") || text.contains(administrator);
                })
                .as("places with a password in them")
                .isEmpty();
        assertThat(places.entrySet())
                .filteredOn(place -> place.getValue().isBlank())
                .extracting(Map.Entry::getKey)
                .as("places where nothing was found to look at")
                .isSubsetOf("the log of pgsteward-e2e-docker-proxy-1", "the log of " + Deployment.HUNGRY);
        say("no password in %s", places.keySet());
    }

    @Test
    @Order(21)
    void theReadmesLinesForARunningDeploymentAreTypedAsTheyStand() throws IOException {
        List<String> lines = Files.readAllLines(Path.of("README.md")).stream()
                .map(String::strip)
                .filter(line ->
                        line.matches("(docker compose exec pgsteward|curl|age-keygen|chmod|\\./pgsteward check) .*"))
                .toList();
        assertThat(lines).hasSizeGreaterThan(16);
        boolean age = Age.isInstalled();
        if (!age) {
            System.out.println("skipped: README's lines that make a key, age is not installed");
        }
        for (String line : lines) {
            if (!age && line.contains("age_identity")) {
                continue;
            }
            Ended ended = host.shell(line.replace(":8080/", ":" + host.port() + "/"));

            if (line.contains("2026-01-31")) {
                assertThat(ended.err()).as(line).contains("there is no backup of 'vikunja'");
            } else if (line.contains(" doctor") || line.contains(" status")) {
                assertThat(ended.code()).as("%s: %s", line, ended.both()).isLessThan(2);
            } else {
                assertThat(ended.isWell()).as("%s: %s", line, ended.both()).isTrue();
            }
        }
        assertThat(host.sql("vikunja_back", "SELECT count(*) > 0 FROM tasks")).isEqualTo("t");
    }

    @Test
    @Order(20)
    void restsAfterAllThat() {
        say(
                "memory, in the end: %s",
                host.docker("stats", "--no-stream", "--format", "{{.Name}} {{.MemUsage}}")
                        .out()
                        .replace("\n", ", "));
        say("complaints in the log:%n%s", complaints());
        assertThat(complaints()).doesNotContain("InvalidDefinitionException");
        assertThat(host.inspect("pgsteward", "{{.State.OOMKilled}} {{.RestartCount}}"))
                .isEqualTo("false 0");
        assertThat(String.join(" ", states("backup-failed")))
                .as("of the killed backup and of the full disk, on which the first notice may be lost")
                .matches("((firing )?resolved ?){0,2}");
    }

    @Test
    @Order(20)
    void aDatabaseIsRestoredAsThePageSays() throws IOException {
        pages.type("restore-one-database");
        assertThat(host.sql("SELECT count(*) FROM pg_database WHERE datname = 'vikunja_back'"))
                .isEqualTo("0");
    }

    @Test
    @Order(22)
    void anAlertIsTriedOutAsThePageSays() throws IOException {
        int before = states("postgres-down").size();
        pages.after(
                "docker compose pause postgresql",
                () -> await().until(() -> states("postgres-down").size() == before + 1));
        pages.type("send-alerts");
        await().until(() -> states("postgres-down").size() == before + 2);
        pages.takeSettingsBack();
    }

    @Test
    @Order(23)
    void passwordsAreRotatedAsThePageSays() throws IOException {
        pages.type("rotate-a-password");
        assertThat(host.docker("exec", "pgsteward", "pgsteward", "backup", "vikunja")
                        .well()
                        .out())
                .contains("verified");
    }

    @Test
    @Order(24)
    void postgresqlIsUpgradedAsThePageSaysAndTheServicesGoOn() throws IOException {
        Optional<String> hindrance = host.hindranceOfAnUpgrade();
        hindrance.ifPresent(why -> System.out.println("skipped: the upgrade to PostgreSQL 17, " + why));
        assumeTrue(hindrance.isEmpty());
        host.docker("rm", "--force", Deployment.LATECOMER, Deployment.HUNGRY).well();
        host.services("stop", "--timeout", "1").well();
        String tasks = host.sql("vikunja", "SELECT count(*) FROM tasks");

        pages.type("upgrade-postgresql");

        assertThat(host.sql("SHOW server_version")).startsWith("17.");
        assertThat(host.sql("vikunja", "SELECT count(*) FROM tasks")).isEqualTo(tasks);
        host.services("start").well();
        await().until(() -> !host.sql("vikunja", "SELECT count(*) FROM tasks").equals(tasks));
        host.services("stop", "--timeout", "1").well();
    }

    @Test
    @Order(25)
    void theServerIsRebuiltFromACopyOfTheStoreAsThePageSays() throws IOException {
        Ended backup = host.docker("exec", "pgsteward", "pgsteward", "backup", "--all");
        assertThat(backup.isWell()).as(backup.both()).isTrue();
        String tasks = host.sql("vikunja", "SELECT count(*) FROM tasks");
        Path copy = Files.createDirectories(host.folder().resolve("copy"));
        host.shell("docker compose exec -T pgsteward tar -C /var/lib/pgsteward -c backups | tar -C " + copy + " -x")
                .well();
        host.services("down", "--timeout", "1").well();
        host.lose();
        pages.instead("/path/to", copy.toString());

        pages.type("rebuild-the-server");

        assertThat(host.sql("vikunja", "SELECT count(*) FROM tasks")).isEqualTo(tasks);
        host.servicesUp();
        await().until(() -> !host.sql("vikunja", "SELECT count(*) FROM tasks").equals(tasks));
    }

    @Test
    @Order(26)
    void aPostgresqlThatRunsAlreadyIsTakenOverAsThePageSays() throws IOException {
        host.down();
        host.writeSettings();
        new OwnPostgres(host).start();
        Files.writeString(host.folder().resolve("secrets/postgres_password"), OwnPostgres.PASSWORD);
        Instant start = Instant.now();
        pages.instead("crontab -e", ":");

        pages.type("move-from-a-cron-script");

        say("taken over as the page says in %d s", sinceThen(start) / 1000);
        assertThat(host.sql("SELECT service_name FROM service_configs")).isEqualTo("vikunja");
        assertThat(host.sql(STATE_OF_LAST)).isEqualTo("verified|t");
        String tasks = host.sql("vikunja", "SELECT count(*) FROM tasks");
        await().until(() -> !host.sql("vikunja", "SELECT count(*) FROM tasks").equals(tasks));
        Ended base = host.docker("exec", "pgsteward", "pgsteward", "backup", "--kind", "base");
        assertThat(base.well().out()).containsPattern("_base .* verified ");
    }

    @Test
    @Order(27)
    void everyLineThatNeedsAnEngineIsTypedByNow() throws IOException {
        assumeTrue(host.hindranceOfAnUpgrade().isEmpty());
        for (Path file : Handbook.files()) {
            assertThat(Handbook.blocks(file).stream()
                            .filter(line -> line.language().equals("sh"))
                            .filter(DocumentedCommandsTest::needsMore)
                            .map(Handbook.Line::text)
                            .filter(line -> !pages.typed().contains(line)))
                    .as(file.toString())
                    .isEmpty();
        }
    }

    /** Every look starts a program in a container, which takes as much of the processor as what is waited for. */
    private static ConditionFactory await() {
        return Awaitility.await().pollInterval(Duration.ofMillis(500)).atMost(Duration.ofMinutes(8));
    }

    private static void stranger(String... environment) {
        List<String> run =
                new ArrayList<>(List.of("run", "--detach", "--name", Deployment.STRANGER, "--network", "internal_db"));
        for (String variable : environment) {
            run.addAll(List.of("--env", variable));
        }
        run.add(Deployment.APPLICATION);
        host.docker(run.toArray(String[]::new)).well();
    }

    private static List<JsonNode> told(String kind, String service) {
        return host.notices(kind).stream()
                .filter(notice -> notice.path("service").asText().equals(service))
                .toList();
    }

    private static List<JsonNode> posted() {
        return hook.orElseThrow().taken.stream().map(host::parse).toList();
    }

    /** In the order of the notices, of each subject by itself: one that is refused holds up no other. */
    private static Map<String, List<String>> bySubject(List<JsonNode> notices) {
        Map<String, List<String>> subjects = new TreeMap<>();
        for (JsonNode notice : notices) {
            List<String> ids = subjects.computeIfAbsent(
                    notice.path("kind").asText() + " " + notice.path("service").asText(), first -> new ArrayList<>());
            // Sent twice only where pgsteward was killed.
            if (!ids.contains(notice.path("id").asText())) {
                ids.add(notice.path("id").asText());
            }
        }
        return subjects;
    }

    /** Those whose id has come before, as they came. */
    private static List<JsonNode> twice(List<JsonNode> notices) {
        Set<String> seen = new HashSet<>();
        return notices.stream()
                .filter(notice -> !seen.add(notice.path("id").asText()))
                .toList();
    }

    private static String logOfTheWebhook() {
        return host.docker("logs", "pgsteward")
                .both()
                .lines()
                .filter(line -> line.contains("webhook") || line.contains("at work after"))
                .collect(Collectors.joining("\n"));
    }

    private static List<String> ids(List<JsonNode> notices) {
        return notices.stream().map(notice -> notice.path("id").asText()).toList();
    }

    /** As {@link #states}, by whoever hears it although the disk of the mailbox is full. */
    private static List<JsonNode> heard(String kind) {
        return (hook.isEmpty() ? host.notices() : posted())
                .stream()
                        .filter(notice -> notice.path("kind").asText().equals(kind))
                        .toList();
    }

    private static Ended latecomer(String image, String password) {
        return host.docker(
                "run",
                "--detach",
                "--name",
                Deployment.LATECOMER,
                "--network",
                "internal_db",
                "--env",
                "LD_DB_ENGINE=postgres",
                "--env",
                "LD_DB_HOST=postgresql",
                "--env",
                "LD_DB_USER=latecomer",
                "--env",
                "LD_DB_PASSWORD=" + password,
                "--env",
                "LD_DB_DATABASE=latecomer",
                image);
    }

    private static List<String> states(String kind) {
        return host.notices(kind).stream()
                .map(notice -> notice.path("state").asText())
                .toList();
    }

    /** Rows that are not in their tables yet, or were refused. */
    private static String waiting() {
        return host.inside("pgsteward", "find /var/lib/pgsteward/state/spool -name '*.json' | wc -l")
                .well()
                .out();
    }

    private static String complaints() {
        Map<String, Integer> counted = new TreeMap<>();
        host.docker("logs", "pgsteward")
                .both()
                .lines()
                .filter(line -> line.contains(" WARN ") || line.contains(" ERROR "))
                .map(line -> line.replaceFirst("^\\S+ ", ""))
                .forEach(line -> counted.merge(line, 1, Integer::sum));
        StringBuilder lines = new StringBuilder();
        counted.forEach(
                (line, times) -> lines.append(times).append(" x ").append(line).append('\n'));
        return lines.toString();
    }

    private static long sinceThen(Instant then) {
        return Duration.between(then, Instant.now()).toMillis();
    }

    private static void say(String format, Object... figures) {
        System.out.println("end-to-end: " + String.format(Locale.ROOT, format, figures));
    }
}
