package org.pgsteward.containers;

import static org.assertj.core.api.Assertions.assertThat;
import static org.pgsteward.containers.SampleContainers.NOON;

import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.pgsteward.model.Container;
import org.pgsteward.model.Enrolment;

@Tag("fast")
class KnownContainersTest {
    private static final Map<String, String> ONE_OFF = Map.of("com.docker.compose.oneoff", "True");

    private final KnownContainers known = new KnownContainers(Optional.empty(), "db");

    @Test
    void theContainerWithTheHostsNameIsPostgres() {
        put("1", "a-db-1", Container.State.RUNNING, service("a", "db"), NOON.minusSeconds(60));
        put("2", "db", Container.State.RUNNING, Map.of(), NOON);

        assertThat(known.postgres()).map(Container::id).contains("2");
        assertThat(known.all())
                .filteredOn(known::isPostgres)
                .extracting(Container::id)
                .containsExactly("2");
    }

    @Test
    void olderOfTwoComposeServicesIsPostgres() {
        put("1", "a-db-1", Container.State.RUNNING, service("a", "db"), NOON);
        put("2", "b-db-1", Container.State.RUNNING, service("b", "db"), NOON.minusSeconds(60));

        assertThat(known.postgres()).map(Container::id).contains("2");
    }

    @Test
    void theConfiguredNameTakesPrecedence() {
        KnownContainers configured = new KnownContainers(Optional.of("pg"), "db");
        configured.put(container("1", "db", Container.State.RUNNING, Map.of(), NOON));
        configured.put(container("2", "pg", Container.State.RUNNING, Map.of(), NOON));

        assertThat(configured.postgres()).map(Container::id).contains("2");
    }

    @Test
    void theVersionChangesOnlyWithAContainer() {
        put("1", "app", Container.State.RUNNING, Map.of(), NOON);
        long before = known.version();
        assertThat(known.all()).hasSize(1);

        put("1", "app", Container.State.RUNNING, Map.of(), NOON);
        assertThat(known.version()).as("read again").isEqualTo(before);

        put("1", "app", Container.State.EXITED, Map.of(), NOON);
        long ended = known.version();
        assertThat(ended).isNotEqualTo(before);
        assertThat(known.all()).extracting(Container::state).containsExactly(Container.State.EXITED);

        known.remove("1");
        assertThat(known.version()).isNotEqualTo(ended);
        assertThat(known.all()).isEmpty();
    }

    @Test
    void aRemovedContainerKeepsItsService() {
        Container app = put("1", "app", Container.State.RUNNING, Map.of(), NOON);
        known.assign(app, "vikunja");
        known.remove("1");

        assertThat(known.service("1")).contains("vikunja");
        assertThat(known.of("vikunja")).isEmpty();
    }

    @Test
    void oneOffContainersHaveNoState() {
        known.assign(put("1", "app", Container.State.RUNNING, Map.of(), NOON), "vikunja");
        known.assign(put("2", "app-run-1", Container.State.EXITED, ONE_OFF, NOON), "vikunja");

        assertThat(known.byService().get("vikunja")).extracting(Container::id).containsExactly("1");
    }

    @Test
    void onlyRunningContainersOfServicesAreRunning() {
        known.assign(put("1", "app", Container.State.RUNNING, Map.of(), NOON), "vikunja");
        known.assign(put("2", "wiki", Container.State.EXITED, Map.of(), NOON), "wiki");
        put("3", "stranger", Container.State.RUNNING, Map.of(), NOON);

        assertThat(known.running().values()).containsExactly("vikunja");
    }

    @Test
    void ownersComeFromEnrolmentsWhileNoContainerIsAssigned() {
        known.assign(put("1", "app", Container.State.RUNNING, Map.of(), NOON), "vikunja");
        put("2", "wiki", Container.State.RUNNING, Map.of(), NOON);
        put("3", "stranger", Container.State.RUNNING, Map.of(), NOON);

        Enrolment wiki = new Enrolment("notes", "notes", "notes", "wiki", "2", "wiki:1", "sha256:1", NOON);
        assertThat(known.owners(List.of(wiki)))
                .containsExactlyInAnyOrderEntriesOf(Map.of("app", "vikunja", "wiki", "notes", "stranger", ""));
    }

    /** Its labels and its state count for each of its databases, and its events for the first one. */
    @Test
    void aContainerServesItsFurtherDatabases() {
        Container container = put("1", "app", Container.State.RUNNING, Map.of(), NOON);
        known.assign(container, "sonarr");
        known.assignCompanions(container, Set.of("sonarr-log"));

        assertThat(known.of("sonarr-log")).containsExactly(container);
        assertThat(known.byService()).containsOnlyKeys("sonarr", "sonarr-log");
        assertThat(known.running()).containsExactly(Map.entry(container, "sonarr"));
        assertThat(known.service(container)).contains("sonarr");

        known.unassign(container);
        assertThat(known.of("sonarr-log")).isEmpty();
    }

    @Test
    void theOwnerOfAContainerIsItsFirstService() {
        put("1", "sonarr", Container.State.RUNNING, Map.of(), NOON);
        Enrolment first = new Enrolment("zeta", "zeta", "sonarr", "sonarr", "1", "s:1", "", NOON);
        Enrolment further =
                new Enrolment("alpha", "alpha", "sonarr", "sonarr", "1", "s:1", "", NOON, Optional.of("zeta"));

        assertThat(known.owners(List.of(further, first))).containsEntry("sonarr", "zeta");
        assertThat(known.owners(List.of(first, further))).containsEntry("sonarr", "zeta");
    }

    private Container put(
            String id, String name, Container.State state, Map<String, String> labels, Instant createdAt) {
        Container container = container(id, name, state, labels, createdAt);
        known.put(container);
        return container;
    }

    private static Map<String, String> service(String project, String service) {
        return Map.of("com.docker.compose.project", project, "com.docker.compose.service", service);
    }

    private static Container container(
            String id, String name, Container.State state, Map<String, String> labels, Instant createdAt) {
        return new Container(
                id,
                name,
                "app:1",
                "sha256:1",
                state,
                Container.Health.NONE,
                0,
                false,
                false,
                labels,
                Map.of(),
                Map.of(),
                0,
                createdAt,
                Optional.of(createdAt));
    }
}
