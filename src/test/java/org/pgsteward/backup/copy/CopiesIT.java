package org.pgsteward.backup.copy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.pgsteward.app.Daemon;
import org.pgsteward.backup.store.Store;
import org.pgsteward.model.Backup;
import org.pgsteward.postgres.NeedsPostgres;

/** The daemon's copies: several targets at once, retries, alerts, and targets of an operator's own. */
@NeedsPostgres
class CopiesIT {
    /** A target of an operator with Camel's file component only. */
    private static final String OWN = """
            - route:
                id: copy-own
                precondition: "{{pgsteward.copy.own.enabled:false}}"
                errorHandler:
                  noErrorHandler: {}
                from:
                  uri: direct:copy-own
                  steps:
                    - choice:
                        when:
                          - expression:
                              simple:
                                expression: "${header.operation} == 'put'"
                            steps:
                              - to:
                                  uri: file:{{pgsteward.copy.own.dir}}
                          - expression:
                              simple:
                                expression: "${header.operation} == 'get'"
                            steps:
                              - pollEnrich:
                                  expression:
                                    simple:
                                      expression: "file:{{pgsteward.copy.own.dir}}/${header.CamelFileParent}?fileName=${header.CamelFileNameOnly}&noop=true&idempotent=false"
                                  timeout: "5000"
            """;

    private CopyHost here;

    @BeforeEach
    void start() throws Exception {
        here = new CopyHost();
    }

    @AfterEach
    void close() throws Exception {
        here.close();
    }

    @Test
    void aBlockedTargetDelaysNoOther() throws Exception {
        Path fast = folder("fast");
        Path routes = routes();
        Files.writeString(routes.resolve("copies/blocked.camel.yaml"), """
                - route:
                    id: copy-blocked
                    from:
                      uri: direct:copy-blocked
                      steps:
                        - delay:
                            expression:
                              constant:
                                expression: "3600000"
                """);
        here.start(Map.of("pgsteward.copy.folder.dir", fast.toString()));
        Backup app = here.backUp("app");
        here.stop();
        try (Daemon daemon = daemon(routes, Map.of("pgsteward.copy.folder.dir", fast.toString()))) {
            assertThat(daemon.hears()).isFalse();
            await().until(() -> here.copies("folder").contains(app.id() + " there"));
            assertThat(here.copies("blocked")).containsExactly(app.id() + " due");
        }
    }

    @Test
    void aFailureFiresOnceAndResolvesOnce() throws Exception {
        Path missing = here.host.folder().resolve("not-mounted");
        here.start(Map.of("pgsteward.copy.folder.dir", missing.toString()));
        Backup app = here.backUp("app");
        here.stop();
        try (Daemon daemon = daemon(Path.of("routes"), Map.of("pgsteward.copy.folder.dir", missing.toString()))) {
            assertThat(daemon.hears()).isFalse();
            await().until(() -> {
                here.clock.pass(Duration.ofMinutes(5));
                return here.host.notices(CopyAlerts.FAILED, "folder").size() == 1;
            });
            Files.createDirectory(missing);
            await().until(() -> {
                here.clock.pass(Duration.ofMinutes(5));
                return here.host.notices(CopyAlerts.FAILED, "folder").size() == 2;
            });
            assertThat(here.host.notices(CopyAlerts.FAILED, "folder"))
                    .satisfiesExactly(
                            fired -> assertThat(fired).startsWith("firing"),
                            resolved -> assertThat(resolved).startsWith("resolved"));
            assertThat(here.copies("folder")).containsExactly(app.id() + " there");
        }
    }

    @Test
    void aClockThatIsSetBackDelaysNoCopy() throws Exception {
        Path missing = here.host.folder().resolve("not-mounted");
        here.start(Map.of("pgsteward.copy.folder.dir", missing.toString()));
        Backup app = here.backUp("app");
        here.stop();
        Instant now = here.clock.instant();
        here.clock.pass(Duration.ofDays(30));
        try (Daemon daemon = daemon(Path.of("routes"), Map.of("pgsteward.copy.folder.dir", missing.toString()))) {
            assertThat(daemon.hears()).isFalse();
            await().until(() -> {
                here.clock.pass(Duration.ofMinutes(5));
                return here.host.notices(CopyAlerts.FAILED, "folder").size() == 1;
            });
            here.clock.set(now);
            Files.createDirectory(missing);
            await().atMost(Duration.ofMinutes(1))
                    .until(() -> here.copies("folder").contains(app.id() + " there"));
        }
    }

    @Test
    void anOperatorsOwnRouteIsReadBackAndCompared() throws Exception {
        Path routes = routes();
        Path own = folder("own");
        Files.writeString(routes.resolve("copies/own.camel.yaml"), OWN);
        here.start(Map.of("pgsteward.routes.dir", routes.toString(), "pgsteward.copy.own.dir", own.toString()));
        Backup app = here.backUp("app");
        String path = app.path().orElseThrow();

        assertThat(here.copyTo("own").failure()).isEmpty();
        assertThat(here.copies("own")).containsExactly(app.id() + " there");
        assertThat(own.resolve(path)).hasBinaryContent(here.stored(path));
        assertThat(own.resolve(Store.manifestOf(path))).exists();
    }

    private Daemon daemon(Path routes, Map<String, String> more) throws IOException {
        Map<String, String> settings = new HashMap<>(Map.of(
                "pgsteward.docker.host",
                "unix://" + here.host.folder().resolve("no-engine.sock"),
                "pgsteward.http.port",
                "0",
                "pgsteward.routes.dir",
                routes.toAbsolutePath().toString(),
                "pgsteward.copies.tick",
                "* * * * * ?"));
        settings.putAll(more);
        return here.host.wiring(settings, here.clock).daemon().start();
    }

    private Path folder(String name) throws IOException {
        return Files.createDirectory(here.host.folder().resolve(name));
    }

    /** Returns a copy of the shipped routes. */
    private Path routes() throws IOException {
        Path copy = folder("routes");
        try (Stream<Path> files = Files.walk(Path.of("routes"))) {
            for (Path file : files.toList()) {
                Path target = copy.resolve(Path.of("routes").relativize(file).toString());
                if (Files.isDirectory(file)) {
                    Files.createDirectories(target);
                } else {
                    Files.copy(file, target);
                }
            }
        }
        return copy;
    }
}
