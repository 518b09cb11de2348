package org.pgsteward.containers;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Supplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.pgsteward.alert.AlertRegistry;
import org.pgsteward.alert.Silences;
import org.pgsteward.camel.docker.ContainerEvents;
import org.pgsteward.engine.DockerCli;
import org.pgsteward.engine.DockerEngine;
import org.pgsteward.engine.EventFeed;
import org.pgsteward.engine.NeedsEngine;
import org.pgsteward.io.Json;
import org.pgsteward.model.CommandPrefix;
import org.pgsteward.model.Condition;
import org.pgsteward.model.Container;
import org.pgsteward.model.ContainerEvent;
import org.pgsteward.model.ContainerSnapshot;
import org.pgsteward.model.Severity;

@NeedsEngine
class ContainersIT {
    private final String name = "desk-it-" + UUID.randomUUID().toString().substring(0, 8);
    private final DockerEngine engine = DockerEngine.at(NeedsEngine.Engine.host());
    private final Containers desk = desk("postgresql", this::remembered);

    private final List<String> made = new ArrayList<>();

    @AfterEach
    void removeWhatTheTestMade() {
        DockerCli.docker("rm", "--force", name);
        made.forEach(id -> DockerCli.docker("rm", "--force", id));
        engine.close();
    }

    /** A restart of pgsteward must neither turn an ordered stop into a crash nor forget a crash. */
    @ParameterizedTest
    @CsvSource({
        "sleep 600, stop, INFO, was stopped on purpose: exit code 143",
        "sleep 600, kill, WARNING, was killed (docker kill",
        "kill -KILL $$, wait, CRITICAL, ended with exit code 137"
    })
    void knowsWhyAContainerEndedBeforeWeWereThere(String does, String then, Severity severity, String words) {
        DockerCli.docker("run", "--detach", "--init", "--name", name, "debian:bookworm-slim", "sh", "-c", does);
        DockerCli.docker(then, name);
        // The events of a second that has not ended come from the feed, which begins with that second.
        await().until(() -> remembered().stream()
                .anyMatch(event -> event.name().equals(name) && event.action().equals("die")));

        ContainerSnapshot seen = desk.list().stream()
                .filter(snapshot -> snapshot.container().name().equals(name))
                .findFirst()
                .orElseThrow();
        desk.belongs(seen.container(), name);

        assertThat(desk.status(seen)).first().satisfies(condition -> {
            assertThat(condition.severity()).contains(severity);
            assertThat(condition.reason()).contains(words);
        });
    }

    /** Many compose files give their own PostgreSQL this name. */
    @Test
    void anotherProjectsServiceOfTheSameNameIsNotTheServer() {
        String host = "pg-" + name;
        Containers other = desk(host, List::of);
        for (String project : List.of("a", "z")) {
            create("--label", "com.docker.compose.project=" + project, "--label", "com.docker.compose.service=" + host);
        }
        create("--name", host);
        for (String project : List.of("b", "y")) {
            create("--label", "com.docker.compose.project=" + project, "--label", "com.docker.compose.service=" + host);
        }

        List<String> servers = other.list().stream()
                .filter(ContainerSnapshot::postgres)
                .map(snapshot -> snapshot.container().name())
                .toList();

        assertThat(servers).containsExactly(host);
        assertThat(other.postgres()).map(Container::name).contains(host);
        assertThat(other.others()).hasSizeGreaterThanOrEqualTo(4);
    }

    private Containers desk(String host, Supplier<List<ContainerEvent>> remembered) {
        return new Containers(
                engine,
                Optional.empty(),
                host,
                new StatusWatch(new StatusRule(Duration.ZERO, Duration.ZERO), Clock.systemUTC()),
                remembered);
    }

    private void create(String... options) {
        List<String> command = new ArrayList<>(List.of("create"));
        command.addAll(List.of(options));
        command.addAll(List.of("debian:bookworm-slim", "true"));
        made.add(DockerCli.docker(command.toArray(String[]::new)));
    }

    /** A removed container is no longer checked, so its alerts do not resolve by themselves. */
    @Test
    void alertsOfContainersRemovedUnseenResolve(@TempDir Path state) {
        create("--name", name);
        AlertRegistry book = new AlertRegistry(
                state,
                new Silences(state, Json.mapper(), Clock.systemUTC()),
                Json.mapper(),
                Clock.systemUTC(),
                ZoneOffset.UTC,
                CommandPrefix.PLAIN);
        List<String> kinds = List.of(
                "enrolment-refused",
                "network-missing",
                "memory-high",
                "memory-killed",
                "service-down",
                "backup-failed");
        for (String kind : kinds) {
            for (String subject : List.of(name, "enrolled", "gone")) {
                book.consider(Condition.bad(Severity.WARNING, kind, subject, "trouble", "", Instant.now()));
            }
        }
        desk.list().stream()
                .filter(snapshot -> snapshot.container().name().equals(name))
                .forEach(snapshot -> desk.belongs(snapshot.container(), name));

        assertThat(desk.overAndGone(book.firing(), Set.of(name, "enrolled"), Instant.now()))
                .allSatisfy(condition -> assertThat(condition.severity()).isEmpty())
                .extracting(Condition::key)
                .containsExactlyInAnyOrder(
                        "enrolment-refused:enrolled",
                        "enrolment-refused:gone",
                        "network-missing:enrolled",
                        "network-missing:gone",
                        "memory-high:enrolled",
                        "memory-high:gone",
                        "memory-killed:enrolled",
                        "memory-killed:gone",
                        "service-down:gone");
    }

    @Test
    void anEngineWithoutAMemoryIsListedAllTheSame() {
        AtomicInteger asked = new AtomicInteger();
        Containers other = desk("postgresql", () -> {
            asked.incrementAndGet();
            throw new IllegalStateException("answered 500 to events");
        });
        create("--name", name);

        assertThat(other.list())
                .extracting(snapshot -> snapshot.container().name())
                .contains(name);
        assertThat(other.isComplete()).isTrue();
        other.list();
        other.list();
        assertThat(asked).as("two requests for events").hasValue(2);
    }

    private List<ContainerEvent> remembered() {
        return ContainerEvents.readAll(EventFeed.remembered(engine, Clock.systemUTC()));
    }
}
