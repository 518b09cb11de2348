package org.pgsteward.containers;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.pgsteward.model.Condition;
import org.pgsteward.model.Container;
import org.pgsteward.model.Severity;

@Tag("fast")
class ServerNameRuleTest {
    private static final Container SERVER = container(
            "1", "postgresql", "infra", "postgresql", Container.State.RUNNING, Map.of("internal_db", Set.of("db")));

    @Test
    void namesAContainerWithTheAliasOnASharedNetwork() {
        Condition taken = judge(container(
                "2", "evil", "shop", "evil", Container.State.RUNNING, Map.of("internal_db", Set.of("postgresql"))));

        assertThat(taken.severity()).contains(Severity.CRITICAL);
        assertThat(taken.service()).isEqualTo("postgresql");
        assertThat(taken.reason()).contains("evil on network internal_db");
        assertThat(taken.remedy()).contains("docker network disconnect internal_db evil");
    }

    @Test
    void namesAComposeServiceOfThatName() {
        assertThat(judge(container(
                                "2",
                                "shop-postgresql-1",
                                "shop",
                                "postgresql",
                                Container.State.RUNNING,
                                Map.of("internal_db", Set.of())))
                        .severity())
                .contains(Severity.CRITICAL);
    }

    @Test
    void namesAContainerWithAnyNameOfTheServer() {
        assertThat(judge(container(
                                "2",
                                "other",
                                "shop",
                                "web",
                                Container.State.RUNNING,
                                Map.of("internal_db", Set.of("DB"))))
                        .severity())
                .contains(Severity.CRITICAL);
    }

    @Test
    void namesASecondContainerOfTheServersOwnService() {
        assertThat(judge(container(
                                "2",
                                "infra-postgresql-2",
                                "infra",
                                "postgresql",
                                Container.State.RUNNING,
                                Map.of("internal_db", Set.of())))
                        .severity())
                .contains(Severity.CRITICAL);
    }

    /** pgsteward is on that network too, so its resolver also finds names there. */
    @Test
    void namesOneOnANetworkOfPgstewardAlone() {
        Container steward = container(
                "3",
                "pgsteward",
                "infra",
                "pgsteward",
                Container.State.RUNNING,
                Map.of("internal_db", Set.of(), "docker_proxy", Set.of()));
        Container evil = container(
                "2", "evil", "x", "evil", Container.State.RUNNING, Map.of("docker_proxy", Set.of("postgresql")));

        Condition taken = ServerNameRule.judge(
                "postgresql", SERVER, Optional.of(steward), List.of(SERVER, steward, evil), SampleContainers.NOON);

        assertThat(taken.reason()).contains("evil on network docker_proxy");
    }

    @Test
    void aServiceOfThatNameOnItsOwnNetworkIsNoMatterOfOurs() {
        assertThat(judge(container(
                                "2",
                                "shop-postgresql-1",
                                "shop",
                                "postgresql",
                                Container.State.RUNNING,
                                Map.of("shop_default", Set.of("postgresql"))))
                        .severity())
                .isEmpty();
    }

    @Test
    void theStoppedContainerThatComposeReplacesDoesNotAnswer() {
        assertThat(judge(container(
                                "2",
                                "0123456789ab_postgresql",
                                "infra",
                                "postgresql",
                                Container.State.EXITED,
                                Map.of("internal_db", Set.of("db"))))
                        .severity())
                .isEmpty();
    }

    private static Condition judge(Container other) {
        return ServerNameRule.judge(
                "postgresql", SERVER, Optional.empty(), List.of(SERVER, other), SampleContainers.NOON);
    }

    private static Container container(
            String id,
            String name,
            String project,
            String service,
            Container.State state,
            Map<String, Set<String>> networks) {
        return new Container(
                id,
                name,
                "image",
                "sha256:1",
                state,
                Container.Health.NONE,
                0,
                false,
                false,
                Map.of("com.docker.compose.project", project, "com.docker.compose.service", service),
                Map.of(),
                networks,
                0,
                SampleContainers.NOON,
                Optional.of(SampleContainers.NOON));
    }
}
