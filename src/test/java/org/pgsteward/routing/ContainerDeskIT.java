package org.pgsteward.routing;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.pgsteward.engine.DockerCli;
import org.pgsteward.engine.DockerEngine;
import org.pgsteward.engine.EventFeed;
import org.pgsteward.engine.NeedsEngine;
import org.pgsteward.model.ContainerEvent;
import org.pgsteward.model.Severity;
import org.pgsteward.model.Sighting;
import org.pgsteward.monitor.StatusRule;
import org.pgsteward.monitor.StatusWatch;
import org.pgsteward.routing.docker.ContainerEvents;

@NeedsEngine
class ContainerDeskIT {
    private final String name = "desk-it-" + UUID.randomUUID().toString().substring(0, 8);
    private final DockerEngine engine = DockerEngine.at(NeedsEngine.Engine.host());
    private final ContainerDesk desk = new ContainerDesk(
            engine,
            Optional.empty(),
            "postgresql",
            new StatusWatch(new StatusRule(Duration.ZERO, Duration.ZERO), Clock.systemUTC()),
            this::remembered);

    @AfterEach
    void removeWhatTheTestMade() {
        DockerCli.docker("rm", "--force", name);
        engine.close();
    }

    /** Our own restart is no reason to take an order for a crash, nor to forget a crash. */
    @ParameterizedTest
    @CsvSource({
        "sleep 600, kill, INFO, was stopped by somebody's order: exit code 137",
        "kill -KILL $$, wait, CRITICAL, ended with exit code 137"
    })
    void knowsWhyAContainerEndedBeforeWeWereThere(String does, String then, Severity severity, String words) {
        DockerCli.docker("run", "--detach", "--init", "--name", name, "debian:bookworm-slim", "sh", "-c", does);
        DockerCli.docker(then, name);
        // A second that is not over is the feed's, which begins with it.
        await().until(() -> remembered().stream()
                .anyMatch(event -> event.name().equals(name) && event.action().equals("die")));

        Sighting seen = desk.list().stream()
                .filter(sighting -> sighting.container().name().equals(name))
                .findFirst()
                .orElseThrow();
        desk.belongs(seen.container(), name);

        assertThat(desk.status(seen)).singleElement().satisfies(condition -> {
            assertThat(condition.severity()).contains(severity);
            assertThat(condition.reason()).contains(words);
        });
    }

    private List<ContainerEvent> remembered() {
        return ContainerEvents.readAll(EventFeed.remembered(engine, Clock.systemUTC()));
    }
}
