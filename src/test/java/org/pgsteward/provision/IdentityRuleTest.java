package org.pgsteward.provision;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;
import static org.junit.jupiter.params.provider.Arguments.arguments;

import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.pgsteward.model.Container;
import org.pgsteward.model.Secret;

@Tag("fast")
class IdentityRuleTest {
    private static final String NOW = "the-roles-present-one";
    private static final String OTHER = "never-to-be-seen";
    private static final Clusters ENROLLED = Clusters.empty().service("shop", NOW);

    static Stream<Arguments> allowed() {
        return Stream.of(
                arguments("the only container, with the same password", shop("shop-1", NOW), List.of(), ENROLLED),
                arguments("the only container, with a new password", shop("shop-1", OTHER), List.of(), ENROLLED),
                arguments(
                        "the service beside an impostor", shop("shop-1", NOW), List.of(shop("evil", OTHER)), ENROLLED),
                arguments(
                        "a second replica with the same password",
                        shop("shop-2", NOW),
                        List.of(shop("shop-1", NOW)),
                        ENROLLED),
                arguments(
                        "two replicas of a service that is not enrolled",
                        shop("shop-2", OTHER),
                        List.of(shop("shop-1", OTHER)),
                        Clusters.empty()),
                arguments(
                        "replicas that all have the new password",
                        shop("shop-2", OTHER),
                        List.of(shop("shop-1", OTHER)),
                        ENROLLED),
                arguments(
                        "a new password while the old container is being removed",
                        shop("shop-1", OTHER),
                        List.of(in(Container.State.REMOVING, NOW)),
                        ENROLLED),
                arguments(
                        "a new password beside a container of docker compose run",
                        shop("shop-1", OTHER),
                        List.of(claim(box("shop-run-1", NOW).label("com.docker.compose.oneoff", "True"), "shop", NOW)),
                        ENROLLED),
                arguments(
                        "a new password beside a container of another project",
                        shop("shop-1", OTHER),
                        List.of(claim(box("other", NOW).compose("elsewhere", "shop"), "shop", NOW)),
                        ENROLLED));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("allowed")
    void allows(String sentence, Claim claim, List<Claim> others, Clusters before) {
        assertThat(refusal(claim, others, before)).as(sentence).isEmpty();
    }

    static Stream<Arguments> refused() {
        return Stream.of(
                arguments(
                        "another password while the service runs",
                        shop("evil", OTHER),
                        List.of(shop("shop-1", NOW)),
                        ENROLLED,
                        "role 'shop' with another password",
                        "stays with 'shop-1'"),
                arguments(
                        "another password while the service is stopped for the night",
                        shop("evil", OTHER),
                        List.of(in(Container.State.EXITED, NOW)),
                        ENROLLED,
                        "another password",
                        "stays with 'shop-1'"),
                arguments(
                        "another password while the service is created but not started",
                        shop("evil", OTHER),
                        List.of(in(Container.State.CREATED, NOW)),
                        ENROLLED,
                        "another password",
                        "stays with 'shop-1'"),
                arguments(
                        "another password while the service restarts repeatedly",
                        shop("evil", OTHER),
                        List.of(in(Container.State.RESTARTING, NOW)),
                        ENROLLED,
                        "another password",
                        "stays with 'shop-1'"),
                arguments(
                        "another role, which would become the owner of the database",
                        claim(box("evil", OTHER), "shop", "mine", OTHER),
                        List.of(shop("shop-1", NOW)),
                        ENROLLED,
                        "role 'mine' instead of role 'shop'",
                        "stays with 'shop-1'"),
                arguments(
                        "another database, which would leave the service's role without a service",
                        claim(box("evil", NOW), "mine", "shop", NOW),
                        List.of(shop("shop-1", NOW)),
                        ENROLLED,
                        "database 'mine' instead of database 'shop'",
                        "stays with 'shop-1'"),
                arguments(
                        "two impostor containers beside the service",
                        shop("evil", OTHER),
                        List.of(shop("evil-2", OTHER), shop("shop-1", NOW)),
                        ENROLLED,
                        "another password",
                        "stays with 'shop-1'"),
                arguments(
                        "the settings of the service's container are unreadable",
                        shop("evil", OTHER),
                        List.of(),
                        ENROLLED,
                        "the settings of 'unreadable' cannot be read",
                        "Both are refused"),
                arguments(
                        "two new passwords after the previous container was removed",
                        shop("shop-1", "one"),
                        List.of(shop("evil", OTHER)),
                        ENROLLED,
                        "another password",
                        "Both are refused"),
                arguments(
                        "two containers request the same new service",
                        shop("shop-1", "one"),
                        List.of(shop("evil", OTHER)),
                        Clusters.empty(),
                        "another password",
                        "Both are refused"));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("refused")
    void refusesAndNamesBoth(
            String sentence, Claim claim, List<Claim> others, Clusters before, String difference, String result) {
        List<IdentityRule.Sibling> more = others.isEmpty()
                ? List.of(new IdentityRule.Sibling(box("unreadable", NOW).box(), Optional.empty()))
                : List.of();

        RefusedClaim refused = refusal(claim, others, before, more).orElseThrow();

        String name = claim.container().name();
        assertThat(refused.reason())
                .as(sentence)
                .contains("'" + name + "'", "the compose labels of 'homelab/shop'", difference, result)
                .contains("'pgsteward provision --adopt " + name + "'")
                .hasLineCount(1)
                .doesNotContain(NOW, OTHER, "verifier");
        assertThat(refused.refusal().passing()).isTrue();
        assertThat(refused.refusal().remedy().lines())
                .hasSize(4)
                .anyMatch(line -> line.startsWith("docker rm -f " + name + " "))
                .last()
                .asString()
                .startsWith("pgsteward provision --adopt " + name + " ");
    }

    @Test
    void newestOfSeveralEqualClaimsIsRecorded() {
        Claim first = claim(box("shop-1", NOW).made(Instant.EPOCH), "shop", NOW);
        Claim last = claim(box("shop-2", NOW).made(Instant.EPOCH.plusSeconds(1)), "shop", NOW);
        Claim impostor = claim(box("evil", OTHER).made(Instant.EPOCH.plusSeconds(2)), "shop", OTHER);

        assertThat(IdentityRule.speaker(first, siblings(last, impostor))).contains(last.container());
        assertThat(IdentityRule.speaker(last, siblings(first, impostor))).isEmpty();
    }

    /** Docker refuses such names today. No other check keeps them out of a line that an operator pastes. */
    @Test
    void namesNothingInItsLinesThatAShellWouldRun() {
        Claim claim = claim(box("evil;reboot", OTHER), "shop", OTHER);
        String remedy = refusal(claim, List.of(shop("shop-1", NOW)), ENROLLED, List.of())
                .orElseThrow()
                .refusal()
                .remedy();
        assertThat(remedy).doesNotContain("reboot");
    }

    private static Optional<RefusedClaim> refusal(Claim claim, List<Claim> others, Clusters before) {
        return refusal(claim, others, before, List.of());
    }

    private static Optional<RefusedClaim> refusal(
            Claim claim, List<Claim> others, Clusters before, List<IdentityRule.Sibling> more) {
        List<IdentityRule.Sibling> siblings = new ArrayList<>(more);
        siblings.addAll(siblings(others.stream()
                .filter(other -> IdentityRule.counts(claim.container(), other.container()))
                .toArray(Claim[]::new)));
        return Optional.ofNullable(catchThrowableOfType(
                RefusedClaim.class,
                () -> IdentityRule.check(
                        claim, siblings, before.cluster(), Clusters.ACCEPTS, Optional.empty(), Instant.MAX)));
    }

    @Test
    void aContainerThatWasLongBesideTheServiceIsNoUpdateOfIt() {
        Instant noon = Instant.parse("2027-01-01T12:00:00Z");
        Claim evil = shop("evil", OTHER);
        IdentityRule.Contest contest = IdentityRule.contest(
                        evil, siblings(shop("shop-1", NOW)), ENROLLED.cluster(), Clusters.ACCEPTS, noon)
                .orElseThrow();
        assertThat(contest.other()).isEqualTo("shop-1");
        assertThat(contest.since()).as("creation time of the later container").isBefore(noon);

        IdentityRule.Contest lasting = new IdentityRule.Contest("shop-1", noon.minus(IdentityRule.REPLACEMENT));
        IdentityRule.Contest shorter = new IdentityRule.Contest("shop-1", noon.minusSeconds(599));
        assertThat(alone(evil, lasting, noon))
                .hasValueSatisfying(refused -> assertThat(refused.reason())
                        .contains("'evil'", "existed beside 'shop-1' since 2027-01-01T11:50:00Z")
                        .doesNotContain(OTHER));
        assertThat(alone(evil, shorter, noon)).isEmpty();
        assertThat(alone(shop("shop-1", NOW), lasting, noon))
                .as("with the role's password")
                .isEmpty();
    }

    @Test
    void onlyTheOneWithoutTheRolesPasswordIsInAContest() {
        assertThat(IdentityRule.contest(
                        shop("shop-1", NOW),
                        siblings(shop("evil", OTHER)),
                        ENROLLED.cluster(),
                        Clusters.ACCEPTS,
                        Instant.MAX))
                .isEmpty();
        assertThat(IdentityRule.contest(
                        shop("evil", OTHER),
                        siblings(shop("other", "a-third")),
                        ENROLLED.cluster(),
                        Clusters.ACCEPTS,
                        Instant.MAX))
                .as("neither container has the password")
                .isEmpty();
    }

    private static Optional<RefusedClaim> alone(Claim claim, IdentityRule.Contest earlier, Instant now) {
        return Optional.ofNullable(catchThrowableOfType(
                RefusedClaim.class,
                () -> IdentityRule.check(
                        claim, List.of(), ENROLLED.cluster(), Clusters.ACCEPTS, Optional.of(earlier), now)));
    }

    private static List<IdentityRule.Sibling> siblings(Claim... claims) {
        return Stream.of(claims)
                .map(claim -> new IdentityRule.Sibling(claim.container(), Optional.of(claim)))
                .toList();
    }

    private static Claim in(Container.State state, String password) {
        return claim(box("shop-1", password).in(state), "shop", password);
    }

    private static Claim shop(String name, String password) {
        return claim(box(name, password), "shop", password);
    }

    private static Boxes box(String name, String password) {
        return Boxes.container(name).compose("homelab", "shop").with("PASSWORD=" + password);
    }

    private static Claim claim(Boxes box, String names, String password) {
        return claim(box, names, names, password);
    }

    private static Claim claim(Boxes box, String database, String user, String password) {
        return new Claim("shop", database, user, new Secret(password), DatabaseOptions.NONE, box.box(), "by a test");
    }
}
