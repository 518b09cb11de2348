package org.pgsteward.provision;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.pgsteward.model.Secret;
import org.pgsteward.postgres.ServerAddress;

class ProvisionPlanTest {
    private static final ServerAddress SERVER =
            new ServerAddress("postgresql", 5432, "chief", new Secret("admin-pw"), "management");

    private static final Existing.Role GOOD_ROLE = new Existing.Role(true, true, false, true);
    private static final Existing.Database GOOD_DATABASE = new Existing.Database("app_user", false, true);

    private static final String NO_ROLE = "role app_user does not exist";
    private static final String NO_LOGIN = "role app_user cannot log in with the password that its container has";
    private static final String NO_DATABASE = "database app_db does not exist";
    private static final String NOT_ITS_OWN = "database app_db belongs to the administrator";
    private static final String OPEN = "every role may connect to database app_db";
    private static final String ALL_ON_DATABASE = "app_user has all privileges on its database";
    private static final String ALL_ON_SCHEMA = "app_user may use and create everything in schema public";
    private static final String MAY_LOG = "app_user may log its users' activity";

    static List<Arguments> worlds() {
        return List.of(
                world("nothing is there", null, null, NO_ROLE, NO_DATABASE, OPEN, ALL_ON_DATABASE, MAY_LOG),
                world("everything is as it should be", GOOD_ROLE, GOOD_DATABASE),
                world(
                        "killed after the role was made",
                        new Existing.Role(true, true, false, false),
                        null,
                        NO_DATABASE,
                        OPEN,
                        ALL_ON_DATABASE,
                        MAY_LOG),
                world(
                        "killed after the database was made",
                        GOOD_ROLE,
                        new Existing.Database("app_user", true, true),
                        OPEN),
                world(
                        "the container has another password",
                        new Existing.Role(true, false, false, true),
                        GOOD_DATABASE,
                        NO_LOGIN),
                world(
                        "somebody took the login away",
                        new Existing.Role(false, true, false, true),
                        GOOD_DATABASE,
                        NO_LOGIN),
                world(
                        "somebody took the function away",
                        new Existing.Role(true, true, false, false),
                        GOOD_DATABASE,
                        MAY_LOG),
                world(
                        "the administrator restored it as himself",
                        GOOD_ROLE,
                        new Existing.Database("chief", false, true),
                        NOT_ITS_OWN),
                world(
                        "an init script made it as it usually does",
                        GOOD_ROLE,
                        new Existing.Database("chief", true, false),
                        NOT_ITS_OWN,
                        OPEN,
                        ALL_ON_SCHEMA),
                world(
                        "somebody dropped the role and its database was handed to the administrator",
                        null,
                        new Existing.Database("chief", false, false),
                        NO_ROLE,
                        NOT_ITS_OWN,
                        ALL_ON_SCHEMA,
                        MAY_LOG));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("worlds")
    void everyStepHasItsReasonAndThereIsNoOther(String sentence, Existing existing, List<String> reasons) {
        ProvisionPlan plan = ProvisionPlan.of(claim("app_db", "app_user"), existing, SERVER);
        assertThat(plan.steps()).as(sentence).extracting(Step::reason).containsExactlyElementsOf(reasons);
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("worlds")
    void noStepHoldsThePasswordAndNoReasonAVerifier(String sentence, Existing existing, List<String> reasons) {
        ProvisionPlan plan = ProvisionPlan.of(claim("app_db", "app_user"), existing, SERVER);
        assertThat(plan.toString())
                .as(sentence)
                .doesNotContain("never-to-be-seen")
                .doesNotContain("admin-pw");
        assertThat(plan.steps()).extracting(Step::reason).noneMatch(reason -> reason.contains("SCRAM"));
    }

    @Test
    void whatGoesIntoTheServicesOwnDatabaseIsSaidSo() {
        ProvisionPlan plan = ProvisionPlan.of(
                claim("app_db", "app_user"),
                new Existing(
                        Optional.of(GOOD_ROLE),
                        Optional.of(new Existing.Database("app_user", true, false)),
                        Optional.empty()),
                SERVER);
        assertThat(plan.steps())
                .filteredOn(step -> step.in() == Step.Where.SERVICE_DATABASE)
                .extracting(Step::reason)
                .containsExactly(ALL_ON_SCHEMA);
    }

    @Test
    void namesAreQuotedWhereverTheyStandInAStatement() {
        ProvisionPlan plan = ProvisionPlan.of(
                claim("My-App", "My-App"), new Existing(Optional.empty(), Optional.empty(), Optional.empty()), SERVER);
        assertThat(plan.steps())
                .extracting(Step::sql)
                .allSatisfy(sql -> assertThat(sql.replace("\"My-App\"", "")).doesNotContain("My-App"));
    }

    @ParameterizedTest(name = "{3}")
    @MethodSource("foreign")
    void whatBelongsToOthersIsRefusedWithTheNextStep(Claim claim, Existing existing, String reason, String sentence) {
        assertThatThrownBy(() -> ProvisionPlan.of(claim, existing, SERVER))
                .as(sentence)
                .isInstanceOf(RefusedClaim.class)
                .hasMessageContaining(reason);
    }

    static List<Arguments> foreign() {
        Existing fine = new Existing(Optional.of(GOOD_ROLE), Optional.of(GOOD_DATABASE), Optional.empty());
        Existing taken = new Existing(Optional.of(GOOD_ROLE), Optional.of(GOOD_DATABASE), Optional.of("wiki"));
        Existing mighty = new Existing(
                Optional.of(new Existing.Role(true, true, true, true)), Optional.of(GOOD_DATABASE), Optional.empty());
        Existing anothers = new Existing(
                Optional.of(GOOD_ROLE), Optional.of(new Existing.Database("somebody", false, true)), Optional.empty());
        return List.of(
                Arguments.of(claim("app_db", "chief"), fine, "pgsteward.user", "the administrator's role"),
                Arguments.of(claim("app_db", "Chief"), fine, "pgsteward.user", "the same in other letters"),
                Arguments.of(claim("management", "app_user"), fine, "pgsteward.database", "the management database"),
                Arguments.of(claim("app_db", "app_user"), taken, "service 'wiki'", "another service's names"),
                Arguments.of(claim("app_db", "app_user"), mighty, "powers beyond", "a superuser"),
                Arguments.of(claim("app_db", "app_user"), anothers, "role 'somebody'", "a stranger's database"));
    }

    private static Arguments world(
            String sentence,
            Existing.@org.jspecify.annotations.Nullable Role role,
            Existing.@org.jspecify.annotations.Nullable Database database,
            String... reasons) {
        return Arguments.of(
                sentence,
                new Existing(Optional.ofNullable(role), Optional.ofNullable(database), Optional.empty()),
                List.of(reasons));
    }

    private static Claim claim(String database, String user) {
        return new Claim(
                "app",
                database,
                user,
                new Secret("never-to-be-seen"),
                Set.of(),
                Optional.empty(),
                Boxes.container("app").box(),
                "test");
    }
}
