package org.pgsteward.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.pgsteward.TestHost;
import org.pgsteward.engine.recorded.RecordedEngine;
import org.pgsteward.model.Secret;
import org.pgsteward.postgres.NeedsPostgres;
import org.pgsteward.postgres.ServerLog;

/** The {@code doctor} command as a process, on a real PostgreSQL and the recording of a home-lab with faults. */
@NeedsPostgres
@Timeout(value = 40, unit = TimeUnit.MINUTES)
class DoctorCommandIT {
    private final ObjectMapper json = new ObjectMapper();

    @Test
    void eachMistakeIsReportedWithCauseAndRemedy() throws Exception {
        try (TestHost host = TestHost.start();
                RecordedEngine engine = new RecordedEngine(Clock.systemUTC())) {
            Path secrets = Files.createDirectory(host.folder().resolve("secrets"));
            Files.writeString(secrets.resolve("navidrome_password"), "navidromes-own\n");
            host.environment().put("PGSTEWARD_SECRETS_DIR", secrets.toString());
            host.environment().put("PGSTEWARD_DOCKER_HOST", engine.host());
            host.environment().put("PGSTEWARD_POSTGRES_CONTAINER", "postgresql");
            // The result must not depend on the disks of the test machine.
            host.environment().put("PGSTEWARD_WATCH_DISK_WARN", "off");
            host.environment().put("PGSTEWARD_WATCH_DISK_CRITICAL", "off");
            engine.play("deploy");
            engine.logs(host.cluster().cluster()::log);

            CommandRun fresh = CommandRun.on(host, "doctor", "--json");
            assertThat(fresh.code()).as(fresh.toString()).isEqualTo(1);
            assertThat(causes(json.readTree(fresh.out()), "connection refused", "vikunja"))
                    .contains("it is not enrolled yet: ");

            assertThat(CommandRun.on(host, "provision").code()).isZero();
            CommandRun well = CommandRun.on(host, "doctor");
            assertThat(well.code()).as(well.toString()).isZero();
            assertThat(well.err()).isEmpty();
            assertThat(well.out())
                    .startsWith(
                            "No faults found; for information:\n\ninfo, resource trouble: postgresql\n  settings too"
                                    + " large: PostgreSQL's settings allow ")
                    .contains(
                            "\n    docker exec postgresql psql -U homelab -d homelab -c \"ALTER SYSTEM SET shared_buffers")
                    .contains("\nnot checked:\n  slow statements: the extension pg_stat_statements is not in")
                    .containsPattern(
                            "\nencryption of devices .*\n  backups, state, scratch: (encrypted|not visible), .*\n"
                                    + "  PostgreSQL's data: not visible, PGSTEWARD_POSTGRES_DATA_DIR does not name its folder");
            assertThat(json.readTree(CommandRun.on(host, "doctor", "--json").out())
                            .at("/encryption/0/holds")
                            .asText())
                    .isEqualTo("backups");

            assertThat(well.out())
                    .contains(
                            "info, not logged: postgresql\n  PostgreSQL's log: it lacks the client of a refused login")
                    .contains("-c \"ALTER SYSTEM SET log_line_prefix = '" + ServerLog.PREFIX + "'\"")
                    .contains("# or, if its compose file has a command with settings: command: ");

            engine.play("mistakes");
            // Failures in the first minute of a service are not counted.
            host.cluster()
                    .run(
                            "homelab",
                            "UPDATE public.service_configs SET created_at = created_at - interval '1 hour'"
                                    + " WHERE service_name = 'hedgedoc'");
            for (int n = 0; n < 3; n++) {
                assertThatThrownBy(() -> host.cluster()
                                .server()
                                .connectAs("hedgedoc", new Secret("somebody-elses"), "hedgedoc")
                                .close())
                        .hasMessageContaining("password");
            }
            host.cluster()
                    .run(
                            "homelab",
                            "ALTER ROLE linkding PASSWORD 'somebody-elses'",
                            "REVOKE CONNECT ON DATABASE navidrome FROM navidrome");
            host.cluster().run("hedgedoc", "CREATE TABLE public.notes (id int)");
            CommandRun ill = CommandRun.on(host, "doctor", "--json");
            assertThat(ill.code()).as(ill.toString()).isEqualTo(1);
            JsonNode document = json.readTree(ill.out());
            assertThat(document.path("well").asBoolean()).isFalse();
            assertThat(causes(document, "connection refused", "vikunja"))
                    .isEqualTo("VIKUNJA_DATABASE_HOST names 'postgres', and no container on network internal_db has"
                            + " this name; the container of PostgreSQL is 'postgresql'");
            assertThat(ill.out()).contains("VIKUNJA_DATABASE_HOST: postgresql", "docker compose up -d vikunja");
            assertThat(causes(document, "connection refused", "linkding"))
                    .isEqualTo(
                            "the container's password is not that of role 'linkding', or the role does not" + " exist");
            assertThat(causes(document, "permission denied", "hedgedoc")).contains("notes");
            assertThat(causes(document, "connection refused", "hedgedoc"))
                    .as("correct password in the container, another client fails")
                    .startsWith(
                            "logins failed: 3 logins refused in the last 10 min: 3 x wrong password: role hedgedoc");
            assertThat(causes(document, "permission denied", "navidrome"))
                    .contains("role 'navidrome' has no privilege to connect to database 'navidrome'");
            assertThat(host.rows("homelab", "SELECT count(*) FROM public.backup_log"))
                    .containsExactly("0");
            assertThat(host.rows("hedgedoc", "SELECT tableowner FROM pg_tables WHERE tablename = 'notes'"))
                    .as("doctor changes nothing")
                    .containsExactly("homelab");
            assertThat(ill.out() + ill.err()).doesNotContain("demo-linkding", "demo-vikunja", "navidromes-own");

            everyLineOfARemedyDoesWhatItIsFor(host);

            host.environment().put("PGSTEWARD_POSTGRES_PORT", "1");
            CommandRun away = CommandRun.on(host, "doctor");
            assertThat(away.code()).as(away.toString()).isEqualTo(1);
            assertThat(away.out())
                    .contains(
                            "critical, connection refused: postgresql\n  container postgresql runs, and 127.0.0.1:1 does"
                                    + " not answer: ")
                    .contains("VIKUNJA_DATABASE_HOST names 'postgres'")
                    .contains("roles, privileges, sessions and sizes: PostgreSQL is unavailable");

            host.environment().put("PGSTEWARD_DOCKER_HOST", "unix:///nowhere/docker.sock");
            CommandRun alone = CommandRun.on(host, "doctor");
            assertThat(alone.code()).as(alone.toString()).isEqualTo(1);
            assertThat(alone.out())
                    .contains("the state of its container is not known")
                    .contains("memory: no Docker Engine answers at unix:///nowhere/docker.sock");

            host.environment().remove("PGSTEWARD_POSTGRES_PASSWORD");
            CommandRun unset = CommandRun.on(host, "doctor");
            assertThat(unset.code()).isEqualTo(2);
            assertThat(unset.err().lines())
                    .hasSize(3)
                    .startsWith(
                            "pgsteward: pgsteward.postgres.password is not set; type the line for your installation:")
                    .contains("  compose:         docker compose exec pgsteward pgsteward doctor");
        }
    }

    /**
     * Types the remedies as printed on a host without Docker. No line needs Docker, each line works, and the problems
     * are gone.
     */
    private void everyLineOfARemedyDoesWhatItIsFor(TestHost host) throws Exception {
        Map<String, String> withoutDocker = Map.of("PGSTEWARD_DOCKER_COMMAND", "none");
        JsonNode before = json.readTree(
                CommandRun.on(host, withoutDocker, "doctor", "--json").out());
        assertThat(before.toString()).doesNotContain("docker ");
        Set<String> lines = new LinkedHashSet<>();
        before.path("diagnoses")
                .forEach(found -> found.path("remedy").asText().lines().forEach(lines::add));
        lines.removeIf(line -> line.startsWith("#") || (line.contains(": ") && !line.contains("psql")));
        assertThat(lines)
                .anyMatch(line -> line.startsWith("pgsteward provision "))
                .anyMatch(line -> line.contains("psql"));
        for (String line : lines) {
            String command = line.replaceFirst("   #.*", "");
            if (command.startsWith("pgsteward ")) {
                CommandRun run = CommandRun.on(host, command.split(" ", -1)[1], command.split(" ", -1)[2]);
                assertThat(run.code()).as(line + ": " + run).isZero();
            } else {
                ProcessBuilder shell = new ProcessBuilder("sh", "-c", command).redirectErrorStream(true);
                shell.environment().putAll(host.environment());
                Process process = shell.start();
                String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
                assertThat(process.waitFor()).as(line + ": " + said).isZero();
            }
        }
        JsonNode after = json.readTree(
                CommandRun.on(host, withoutDocker, "doctor", "--json").out());
        for (String service : List.of("linkding", "navidrome")) {
            assertThat(causes(before, "connection refused", service) + causes(before, "permission denied", service))
                    .isNotEmpty();
            assertThat(causes(after, "connection refused", service) + causes(after, "permission denied", service))
                    .as("after these commands: " + lines)
                    .isEmpty();
        }
    }

    private static String causes(JsonNode document, String symptom, String service) {
        return String.join(
                "; ",
                StreamSupport.stream(document.path("diagnoses").spliterator(), false)
                        .filter(line -> line.path("symptom").asText().equals(symptom))
                        .filter(line -> line.path("service").asText().equals(service))
                        .map(line -> line.path("cause").asText())
                        .toList());
    }
}
