package org.pgsteward.acceptance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.pgsteward.acceptance.Story.await;
import static org.pgsteward.acceptance.Story.say;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestMethodOrder;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.pgsteward.cli.Handbook;
import org.pgsteward.engine.NeedsEngine;

/**
 * The first start: {@code docker compose up} with the shipped compose file and its names, four services and their first
 * backup. The backups are then restored without pgsteward.
 */
@NeedsEngine
@Tag("deployment")
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
class FirstStartIT implements InTheEnd {
    @RegisterExtension
    static final Story STORY = Story.byTheShippedNames("first-start");

    private static final Map<String, String> PASSWORDS = new TreeMap<>(Map.of(
            "vikunja", "$VIKUNJA_DATABASE_PASSWORD",
            "hedgedoc", "$(echo \"$CMD_DB_URL\" | sed 's/.*:\\(.*\\)@.*/\\1/')",
            "linkding", "$LD_DB_PASSWORD",
            "navidrome", "$PGPASSWORD"));
    private static final Pattern CONNECTED =
            Pattern.compile("connected database=(\\S+) user=(\\S+) attempts=(\\d+) elapsed_ms=(\\d+)");
    private static final String STORE = "/var/lib/pgsteward/backups";

    /** The name of the container and the volume that a base backup is restored into. */
    private static final String RESTORED = "pgsteward-e2e-restored";

    private final Deployment host = STORY.host();

    @Override
    public Story story() {
        return STORY;
    }

    @Override
    public boolean backsUpEverything() {
        return true;
    }

    @AfterAll
    static void removesWhatWasRestored() {
        STORY.host().docker("rm", "--force", RESTORED);
        STORY.host().docker("volume", "rm", RESTORED);
    }

    @Test
    @Order(1)
    void makesItsSecretsWithoutAProgramOfTheHost() throws IOException {
        Path secrets = host.folder().resolve("secrets");

        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(secrets)))
                .isEqualTo("rwx------");
        assertThat(secrets.resolve("postgresql/password")).content().matches("[A-Za-z0-9]{32}\n");
        assertThat(secrets.resolve("pgsteward/manifest_key")).content().matches("[0-9a-f]{64}\n");
        assertThat(host.docker("logs", host.project() + "-init-1").both())
                .contains("made secrets/postgresql/password with a new password");
        String password = Files.readString(secrets.resolve("postgresql/password"));

        host.up();

        assertThat(secrets.resolve("postgresql/password")).hasContent(password);
        host.awaitSteward();
    }

    @Test
    @Order(2)
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
        // A container on the same network could answer to the host names that pgsteward resolves.
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
        assertThat(host.pgsteward("doctor").both())
                .as("doctor reads the disk of the closed data folder")
                .contains("No faults found")
                .doesNotContain("the disk of PostgreSQL");
        assertThat(host.inside("pgsteward", "touch /opt/here").err()).contains("Read-only file system");
        assertThat(host.inside("pgsteward", "find / -xdev -name '*.sock' -type s 2>/dev/null")
                        .out())
                .isEmpty();
        assertThat(host.inspect(
                        "pgsteward",
                        "{{range $port, $on := .NetworkSettings.Ports}}{{$port}} {{(index $on 0).HostIp}}{{end}}"))
                .isEqualTo("8080/tcp 127.0.0.1");
        for (String container : List.of("postgresql", "pgsteward", host.project() + "-docker-proxy-1")) {
            await().until(() ->
                    host.inspect(container, "{{.State.Health.Status}}").equals("healthy"));
        }
        assertThat(host.inside("pgsteward", "find /var/lib/pgsteward -xdev ! -user pgsteward")
                        .out())
                .as("files that pgsteward could not write")
                .isEmpty();
    }

    @Test
    @Order(3)
    void givesEachOfTheSeedsServicesADatabaseThatNoOtherMayEnter() {
        host.servicesUp(List.of());

        for (String service : PASSWORDS.keySet()) {
            await().until(() -> host.log(service).out().contains("\nconnected ")
                    || host.log(service).out().startsWith("connected "));
            Matcher connected = CONNECTED.matcher(host.log(service).out());
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
    @Order(4)
    void backsUpAndVerifiesAllWithPasswordsInNoArgument() {
        CompletableFuture<Ended> running =
                CompletableFuture.supplyAsync(() -> host.pgsteward("backup", "--all", "--json"));
        await().pollInterval(Duration.ofMillis(150)).until(() -> {
            STORY.lookAtProcesses();
            return running.isDone();
        });
        Ended backup = running.join();
        assertThat(backup.code()).as(backup.both()).isZero();
        List<String> services = new ArrayList<>();
        host.parse(backup.out()).path("backups").forEach(made -> {
            assertThat(made.path("state").asText()).as(made.toString()).isEqualTo("verified");
            services.add(made.path("service").asText());
            say(
                    "%s: dumped in %s s, verified in %s s",
                    made.path("service").asText(), made.path("dump_seconds"), made.path("verify_seconds"));
        });
        assertThat(STORY.processes()).as("processes seen").isNotEmpty();
        assertThat(services).contains("vikunja", "hedgedoc", "linkding", "navidrome", "homelab", "_globals");
        assertThat(
                        host.sql(
                                "SELECT count(*) FROM backup_log WHERE service_name = 'vikunja' AND state = 'verified' AND success AND verified_at IS NOT NULL"))
                .isEqualTo("1");
    }

    @Test
    @Order(5)
    void aDumpIsRestoredWithPublicToolsAlone() {
        String dump = host.inside("pgsteward", "ls " + STORE + "/vikunja/*.dump.zst")
                .well()
                .out();
        // The service writes rows every five seconds, so the database has more rows than the dump. The manifest has the
        // dump's own count.
        String rows = host.parse(host.inside("pgsteward", "cat " + dump + ".manifest.json")
                        .well()
                        .out())
                .path("rows")
                .path("public.tasks")
                .asText();
        host.sql("CREATE DATABASE e2e_restored");

        Ended restored =
                host.shell("docker exec " + host.name("pgsteward") + " cat " + dump + " | zstd -dc | docker exec -i "
                        + host.name("postgresql") + " pg_restore -U homelab --exit-on-error -d e2e_restored");

        assertThat(restored.isWell()).as(restored.both()).isTrue();
        assertThat(host.sql("e2e_restored", "SELECT count(*) FROM tasks")).isEqualTo(rows);
        assertThat(host.sql("e2e_restored", "SELECT tableowner FROM pg_tables WHERE tablename = 'tasks'"))
                .isEqualTo("vikunja");
        host.sql("DROP DATABASE e2e_restored");
    }

    @Test
    @Order(6)
    void baseBackupIsVerifiedAndRunsFromANewVolume() throws IOException {
        Ended backup = host.pgsteward("backup", "--kind", "base", "--json");
        assertThat(backup.isWell()).as(backup.both()).isTrue();
        JsonNode made = host.parse(backup.out()).path("backups").path(0);
        assertThat(made.path("state").asText()).as(made.toString()).isEqualTo("verified");
        say(
                "base backup of %s bytes: made in %s s, verified in %s s, stored as %s bytes",
                made.path("source_bytes"),
                made.path("dump_seconds"),
                made.path("verify_seconds"),
                made.path("size_bytes"));
        String tasks = host.sql("vikunja", "SELECT min(id) FROM tasks");

        host.shell("docker exec " + host.name("pgsteward") + " cat " + STORE + "/"
                        + made.path("path").asText() + " >base.tar.zst")
                .well();
        String line = Handbook.blocks(Handbook.page("restore")).stream()
                .map(Handbook.Line::text)
                .filter(text -> text.matches("zstd -d < \\S+ \\| docker run .*"))
                .findFirst()
                .orElseThrow();
        removesWhatWasRestored(); // removes the remains of an earlier run
        Ended unpacked =
                host.shell(line.replaceFirst("< \\S+", "< base.tar.zst").replace(" restored:", " " + RESTORED + ":"));
        assertThat(unpacked.isWell()).as(unpacked.both()).isTrue();
        host.docker(
                        "run",
                        "--detach",
                        "--network",
                        "none",
                        "--user",
                        "postgres",
                        "--name",
                        RESTORED,
                        "--label",
                        host.label(),
                        "--volume",
                        RESTORED + ":/var/lib/postgresql/data",
                        "postgres:15-alpine")
                .well();

        String minimum = "psql -XqAt -U homelab -d vikunja -c 'SELECT min(id) FROM tasks'";
        await().until(() -> host.inside(RESTORED, minimum).isWell());
        assertThat(host.inside(RESTORED, minimum).out()).isEqualTo(tasks);
        host.docker("rm", "--force", RESTORED).well();
        // The line in compose is for the administrator alone.
        Ended service = host.inside(
                "vikunja",
                "PGPASSWORD=" + PASSWORDS.get("vikunja")
                        + " psql -XqAt 'host=postgresql user=vikunja dbname=vikunja replication=true' -c IDENTIFY_SYSTEM");
        assertThat(service.err()).contains("no pg_hba.conf entry for replication connection");
    }
}
