package org.pgsteward.e2e;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestMethodOrder;
import org.junit.jupiter.api.io.TempDir;
import org.pgsteward.engine.NeedsEngine;

/**
 * {@code ./pgsteward init && docker compose up} with the shipped compose file, then what may happen to a host. One
 * deployment for all tests, in their order: bringing it up takes longer than any of them.
 */
@NeedsEngine
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
@SuppressWarnings("NullAway.Init") // JUnit and the first method set the fields
class ComposeIT {
    private static final Map<String, String> PASSWORDS = new TreeMap<>(Map.of(
            "vikunja", "$VIKUNJA_DATABASE_PASSWORD",
            "hedgedoc", "$(echo \"$CMD_DB_URL\" | sed 's/.*:\\(.*\\)@.*/\\1/')",
            "linkding", "$LD_DB_PASSWORD",
            "navidrome", "$PGPASSWORD"));
    private static final Pattern CONNECTED = Pattern.compile("connected database=(\\S+) user=(\\S+) attempts=(\\d+) elapsed_ms=(\\d+)");
    private static final Pattern AT_WORK = Pattern.compile("at work after (\\d+) ms");
    private static final String STORE = "/var/lib/pgsteward/backups";

    @TempDir
    private static Path folder;

    private static Deployment host;
    private static Instant begun;

    /** What could be seen of the processes inside pgsteward while backups were made. */
    private static String processes = "";

    @BeforeAll
    static void bringItUp() throws IOException {
        host = new Deployment(folder);
        begun = Instant.now();
        Optional<String> hindrance = host.hindrance();
        if (hindrance.isEmpty()) {
            hindrance = host.build();
        }
        hindrance.ifPresent(why -> System.out.println("skipped: end-to-end tests, " + why));
        assumeTrue(hindrance.isEmpty(), () -> "end-to-end tests cannot run here");
        say("images built after %d s", sinceThen(begun) / 1000);
        Instant up = Instant.now();
        host.up();
        await().atMost(Duration.ofSeconds(60)).until(() -> host.docker("logs", "pgsteward").both().contains("at work after"));
        Matcher atWork = AT_WORK.matcher(host.docker("logs", "pgsteward").both());
        say("docker compose up: at work after %d ms, of which %s in the JVM", sinceThen(up), atWork.find() ? atWork.group(1) + " ms" : "?");
    }

    @AfterAll
    static void takeItAway() {
        host.down();
    }

    @Test
    @Order(1)
    void runsWithinItsLimitsAndWithoutRightsThatItDoesNotNeed() {
        assertThat(host.inspect("postgresql", "{{.HostConfig.Memory}} {{.HostConfig.MemoryReservation}} {{.HostConfig.PortBindings}} {{.Config.User}}"))
                .isEqualTo("268435456 134217728 map[] postgres");
        assertThat(host.inspect("postgresql", "{{range $name, $network := .NetworkSettings.Networks}}{{$name}} {{end}}"))
                .isEqualTo("internal_db");
        assertThat(host.docker("network", "inspect", "--format", "{{.Internal}}", "internal_db").out()).isEqualTo("true");
        assertThat(host.inspect("pgsteward", "{{.HostConfig.ReadonlyRootfs}} {{.HostConfig.CapDrop}} {{.HostConfig.SecurityOpt}} {{.Config.User}} {{.HostConfig.Memory}}"))
                .isEqualTo("true [ALL] [no-new-privileges:true] pgsteward 402653184");
        assertThat(host.inspect("pgsteward", "{{range .Mounts}}{{.Source}} {{end}}")).doesNotContain("docker.sock");
        assertThat(host.inside("pgsteward", "touch /opt/here").err()).contains("Read-only file system");
        assertThat(host.inside("pgsteward", "find / -xdev -name '*.sock' -type s 2>/dev/null").out()).isEmpty();
        assertThat(host.inspect("pgsteward", "{{range $port, $on := .NetworkSettings.Ports}}{{$port}} {{(index $on 0).HostIp}}{{end}}")).isEqualTo("8080/tcp 127.0.0.1");
        for (String container : List.of("postgresql", "pgsteward", "pgsteward-e2e-docker-proxy-1")) {
            await().atMost(Duration.ofSeconds(90)).until(() -> host.inspect(container, "{{.State.Health.Status}}").equals("healthy"));
        }
    }

    @Test
    @Order(2)
    void givesEachOfTheSeedsServicesADatabaseThatNoOtherMayEnter() {
        host.servicesUp();

        for (String service : PASSWORDS.keySet()) {
            await().atMost(Duration.ofSeconds(30)).until(() -> host.docker("logs", service).out().contains("\nconnected ") || host.docker("logs", service).out().startsWith("connected "));
            Matcher connected = CONNECTED.matcher(host.docker("logs", service).out());
            assertThat(connected.find()).isTrue();
            assertThat(connected.group(1) + " " + connected.group(2)).isEqualTo(service + " " + service);
            say("%s connected at attempt %s, after %s ms", service, connected.group(3), connected.group(4));
        }
        for (String from : PASSWORDS.keySet()) {
            for (String to : PASSWORDS.keySet()) {
                Ended tried = host.inside(from, "PGPASSWORD=" + PASSWORDS.get(from) + " psql -XqAt -h postgresql -U " + from + " -d " + to + " -c 'SELECT 1'");
                assertThat(tried.isWell()).as("%s into the database of %s: %s", from, to, tried.both()).isEqualTo(from.equals(to));
                assertThat(tried.err()).matches(from.equals(to) ? "" : "(?s).*permission denied for database.*");
            }
        }
        assertThat(host.sql("SELECT string_agg(datname || '=' || pg_get_userbyid(datdba), ' ' ORDER BY datname) FROM pg_database WHERE datname IN (SELECT database_name FROM service_configs)"))
                .isEqualTo("hedgedoc=hedgedoc linkding=linkding navidrome=navidrome vikunja=vikunja");
        assertThat(host.sql("SELECT string_agg(rolname, ' ' ORDER BY rolname) FROM pg_roles WHERE rolcanlogin AND NOT rolsuper"))
                .isEqualTo("hedgedoc linkding navidrome vikunja");
        await().atMost(Duration.ofSeconds(20)).untilAsserted(() -> assertThat(host.sql("SELECT service_name, database_name FROM service_status ORDER BY 1"))
                .isEqualTo("hedgedoc|hedgedoc\nlinkding|linkding\nnavidrome|navidrome\nvikunja|vikunja"));
        assertThat(host.sql("SELECT service_name, count(*) FROM user_activity WHERE action = 'provisioned' GROUP BY 1 ORDER BY 1"))
                .isEqualTo("hedgedoc|1\nlinkding|1\nnavidrome|1\nvikunja|1");
    }

    @Test
    @Order(3)
    void backsEverythingUpAndProvesItWithPasswordsInNoArgument() throws Exception {
        Process watch = new ProcessBuilder("docker", "--host", NeedsEngine.Engine.host(), "exec", "pgsteward", "sh", "-c",
                "while :; do for p in /proc/[0-9]*/cmdline; do tr '\\0' ' ' <$p; echo; done 2>/dev/null; done | grep -v '^$' | sort -u -S 8m & sleep 600")
                .redirectErrorStream(true).redirectOutput(folder.resolve("processes").toFile()).start();

        Ended backup;
        try {
            backup = host.docker("exec", "pgsteward", "pgsteward", "backup", "--all", "--json");
        } finally {
            // Its loop ends, and sort writes what it has seen.
            host.inside("pgsteward", "for p in /proc/[0-9]*; do read -r name <$p/comm; [ \"$name\" = sleep ] && kill ${p#/proc/}; done; true");
            watch.destroy();
        }
        processes = Files.readString(folder.resolve("processes"));

        assertThat(backup.code()).as(backup.both()).isZero();
        List<String> services = new ArrayList<>();
        host.parse(backup.out()).path("backups").forEach(made -> {
            assertThat(made.path("state").asText()).as(made.toString()).isEqualTo("verified");
            services.add(made.path("service").asText());
            say("%s: dumped in %s s, proved in %s s", made.path("service").asText(), made.path("dump_seconds"), made.path("verify_seconds"));
        });
        assertThat(services).contains("vikunja", "hedgedoc", "linkding", "navidrome", "homelab", "_globals");
        assertThat(host.sql("SELECT count(*) FROM backup_log WHERE service_name = 'vikunja' AND state = 'verified' AND success AND verified_at IS NOT NULL")).isEqualTo("1");
    }
}
