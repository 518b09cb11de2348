package org.pgsteward.model;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

@Tag("fast")
class ContainerTest {
    @Test
    void identityIsTheComposeServiceOrTheName() {
        assertThat(labelled("homelab", "vikunja").identity()).isEqualTo("homelab/vikunja");
        assertThat(container(Map.of("com.docker.compose.project", "homelab")).identity())
                .isEqualTo("by-hand");
        assertThat(container(Map.of()).identity()).isEqualTo("by-hand");
    }

    @Test
    void slashInALabelDoesNotForgeAnIdentity() {
        assertThat(labelled("a/b", "c").identity()).isEqualTo("by-hand");
        assertThat(labelled("a", "b/c").identity()).isEqualTo("by-hand");
    }

    @Test
    void aTextNamesAContainerAsItWillBeCalled() {
        assertThat(named("67bfd4585570_shop-web-1", Map.of("com.docker.compose.service", "web"))
                        .lastingName())
                .isEqualTo("shop-web-1");
        assertThat(named("67bfd4585570_shop-web-1", Map.of()).lastingName())
                .as("created without compose under that name")
                .isEqualTo("67bfd4585570_shop-web-1");
    }

    @Test
    void anAliasIsHeardOnItsOwnNetworkOnlyAndANameOnEach() {
        Container server = container(Map.of("com.docker.compose.service", "database"));
        assertThat(server.answersTo("db")).isTrue();
        assertThat(server.answersTo("DB", "front")).isTrue();
        assertThat(server.answersTo("db", "back")).isFalse();
        assertThat(server.answersTo("by-hand", "back")).isTrue();
        assertThat(server.answersTo("database", "back")).isTrue();
        assertThat(server.answersTo("by-hand", "elsewhere")).isFalse();
    }

    @Test
    void noneIsNoNetworkThatAnybodyShares() {
        Container alone = container(Map.of());
        assertThat(alone.sharedNetworks(container(Map.of()))).containsExactly("back", "front");
        assertThat(alone.sharesNetworkWith(new Container(
                        "other",
                        "other",
                        "image",
                        "sha256:0",
                        Container.State.RUNNING,
                        Container.Health.NONE,
                        0,
                        false,
                        false,
                        Map.of(),
                        Map.of(),
                        Map.of("none", Set.of()),
                        0,
                        Instant.EPOCH,
                        Optional.empty())))
                .isFalse();
    }

    @Test
    void operatorMayNameTheServiceTheComposeServiceOrTheContainer() {
        Container container = named("box-1", Map.of("pgsteward.service", "wiki", "com.docker.compose.service", "web"));
        assertThat(List.of("wiki", "web", "box-1")).allMatch(container::isMeantBy);
        assertThat(List.of("box", "", "wik")).noneMatch(container::isMeantBy);
    }

    private static Container labelled(String project, String service) {
        return container(Map.of("com.docker.compose.project", project, "com.docker.compose.service", service));
    }

    private static Container container(Map<String, String> labels) {
        return named("by-hand", labels);
    }

    private static Container named(String name, Map<String, String> labels) {
        return new Container(
                "id",
                name,
                "image",
                "sha256:0",
                Container.State.RUNNING,
                Container.Health.NONE,
                0,
                false,
                false,
                labels,
                Map.of(),
                Map.of("front", Set.of("db"), "back", Set.of(), "none", Set.of()),
                0,
                Instant.EPOCH,
                Optional.empty());
    }
}
