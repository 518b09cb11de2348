package org.pgsteward.acceptance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;
import static org.pgsteward.acceptance.Story.await;
import static org.pgsteward.acceptance.Story.say;
import static org.pgsteward.acceptance.Story.sinceThen;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.pgsteward.engine.NeedsEngine;

/** The shipped compose file with each major version of PostgreSQL, from the first start to a restore of everything. */
@Tag("soak")
@ExtendWith(NeedsEngine.Engine.class)
class EveryMajorIT {
    private static final String ROWS = "SELECT count(*) FROM tasks";

    @TempDir
    private Path folder;

    private Optional<Deployment> started = Optional.empty();

    @AfterEach
    void removesEverything() {
        started.ifPresent(host -> {
            host.down();
            host.removeImages();
        });
    }

    @ParameterizedTest
    @ValueSource(ints = {15, 16, 17, 18})
    void servesBacksUpAndRestores(int major) throws IOException {
        Deployment host = new Deployment(folder, Names.own("major-" + major));
        start(host, major);
        assertThat(host.sql("SHOW server_version")).startsWith(major + ".");
        assertThat(volumes(host)).isEqualTo(host.project() + "_postgres" + major + "_data");

        verified(host, "backup", "--all");
        verified(host, "backup", "--kind", "base");
        replaces(host);
        survivesAKill(host);
        survivesDownAndUp(host);
        restoresEverythingIntoAnEmptyServer(host, major);
        verified(host, "verify", "--all");
    }

    private void start(Deployment host, int major) throws IOException {
        started = Optional.of(host);
        host.select(major);
        Instant begun = Instant.now();
        Optional<String> hindrance = host.hindrance();
        hindrance = hindrance.isPresent() ? hindrance : host.hindrance(major);
        hindrance = hindrance.isPresent() ? hindrance : host.build("http://127.0.0.1:1/");
        hindrance.ifPresent(why -> System.out.println("skipped: PostgreSQL " + major + ", " + why));
        assumeTrue(hindrance.isEmpty());
        say("PostgreSQL %d: images built after %d s", major, sinceThen(begun) / 1000);
        host.up();
        host.awaitSteward();
        host.servicesUp(List.of("vikunja"));
        awaitRows(host);
    }

    private static void verified(Deployment host, String... command) {
        Ended ended = host.pgsteward(command);
        assertThat(ended.isWell()).as(ended.both()).isTrue();
        assertThat(ended.out()).contains("verified");
    }

    private static void replaces(Deployment host) {
        host.services("stop", "--timeout", "1").well();
        verified(host, "backup", "vikunja");
        String rows = host.sql("vikunja", ROWS);
        host.sql("vikunja", "DELETE FROM tasks");

        host.pgsteward("restore", "vikunja", "--replace").well();

        assertThat(host.sql("vikunja", ROWS)).isEqualTo(rows);
    }

    private static void survivesAKill(Deployment host) {
        String rows = host.sql("vikunja", ROWS);
        host.shell("kill -9 " + host.inspect("postgresql", "{{.State.Pid}}")).well();

        await().until(() ->
                host.inspect("postgresql", "{{.State.Health.Status}}").equals("healthy"));
        assertThat(host.sql("vikunja", ROWS)).isEqualTo(rows);
    }

    private static void survivesDownAndUp(Deployment host) {
        String rows = host.sql("vikunja", ROWS);
        String volumes = volumes(host);
        host.services("down", "--timeout", "1").well();
        host.compose("down").well();

        host.up();
        host.awaitSteward();

        assertThat(volumes(host)).isEqualTo(volumes);
        await().ignoreExceptions().until(() -> host.sql("vikunja", ROWS).equals(rows));
        host.servicesUp(List.of("vikunja"));
        awaitRows(host);
    }

    private static void restoresEverythingIntoAnEmptyServer(Deployment host, int major) {
        host.services("stop", "--timeout", "1").well();
        verified(host, "backup", "--all");
        String rows = host.sql("vikunja", ROWS);
        host.compose("rm", "--stop", "--force", "postgresql", "pgsteward").well();
        host.docker("volume", "rm", host.project() + "_postgres" + major + "_data")
                .well();
        host.shell("docker compose up -d --wait postgresql").well();
        assertThat(host.sql("SELECT count(*) FROM pg_database WHERE datname = 'vikunja'"))
                .isEqualTo("0");

        Ended restored = host.shell(
                "docker compose run --rm --no-deps pgsteward restore --all --from /var/lib/pgsteward/backups");

        assertThat(restored.isWell()).as(restored.both()).isTrue();
        assertThat(host.sql("vikunja", ROWS)).isEqualTo(rows);
        host.up();
        host.awaitSteward();
        host.services("start").well();
        await().until(() -> !host.sql("vikunja", ROWS).equals(rows));
    }

    private static void awaitRows(Deployment host) {
        await().ignoreExceptions()
                .until(() ->
                        host.sql("vikunja", "SELECT count(*) > 0 FROM tasks").equals("t"));
    }

    /** Returns the volumes of PostgreSQL's container. An anonymous one would be lost with the container. */
    private static String volumes(Deployment host) {
        return host.inspect("postgresql", "{{range .Mounts}}{{if eq .Type \"volume\"}}{{.Name}}{{end}}{{end}}");
    }
}
