package org.pgsteward.provision;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.params.provider.Arguments.arguments;

import java.time.Instant;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.pgsteward.model.Container;
import org.pgsteward.model.ImageChange;
import org.pgsteward.model.Secret;

@Tag("fast")
class ServicePlanTest {
    private static final Instant NOW = Instant.parse("2026-07-14T12:00:00Z");

    /** A part of every claim. It must not appear in any output or message. */
    private static final String PASSWORD = "never-to-be-seen";

    private static final String BOUND = "BIND service app is bound to homelab/app";
    private static final String FINISHED = "RECORD service app has its database";
    private static final String CHANGED = "RECORD service app has changed";
    private static final String LOGS = "role app lacks the privileges to log activity and to read its own status";
    private static final String CLOSED = "every role may connect to database app";

    @ParameterizedTest(name = "{0}")
    @MethodSource("plans")
    void plans(String sentence, Clusters before, List<String> steps) {
        assertThat(plan(before).steps())
                .as(sentence)
                .extracting(step -> step.kind() + " " + step.reason())
                .containsExactlyElementsOf(steps);
    }

    /** Returns the service's row before provisioning has finished. */
    private static Cluster.Service unfinished() {
        return new Cluster.Service("app", "app", "app", "homelab/app", true, "", "id-of-app", "image", "");
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("plans")
    void plansContainNoPasswordAndReasonsNoSql(String sentence, Clusters before, List<String> steps) {
        ServicePlan plan = plan(before);
        assertThat(plan.toString()).as(sentence).doesNotContain(PASSWORD);
        assertThat(plan.steps()).allSatisfy(step -> {
            assertThat(step.sql()).doesNotContain(PASSWORD);
            assertThat(step.database()).isEqualTo("management");
            assertThat(step.reason())
                    .hasLineCount(1)
                    .doesNotContain("SCRAM", "verifier", "\"", ";")
                    .doesNotContainPattern("\\b(CREATE|ALTER|GRANT|REVOKE|INSERT|UPDATE|SELECT)\\b");
        });
    }

    static Stream<Arguments> plans() {
        return Stream.of(
                arguments(
                        "empty cluster: creates role, database and row",
                        Clusters.empty(),
                        List.of(
                                "ENROL role app does not exist",
                                "ENROL database app does not exist",
                                "ENROL no role may connect to database app yet",
                                FINISHED)),
                arguments(
                        "interrupted enrolment: continues and reports no repair",
                        right().row(unfinished()).database("app", "admin", " CONNECT", "app CONNECT"),
                        List.of("ENROL database app belongs to the administrator", "ENROL " + CLOSED, CHANGED)),
                arguments("desired state: no steps", right(), List.of()),
                arguments(
                        "killed after the role: sets its password, creates the database",
                        Clusters.empty().row("app", "app", "app", "homelab/app").owner("app", "none that is known"),
                        List.of(
                                "CHANGE role app has another password than its container",
                                "REPAIR database app does not exist",
                                "REPAIR no role may connect to database app yet")),
                arguments(
                        "role and database dropped: creates both again",
                        Clusters.empty().row("app", "app", "app", "homelab/app"),
                        List.of(
                                "REPAIR role app does not exist",
                                "REPAIR database app does not exist",
                                "REPAIR no role may connect to database app yet")),
                arguments(
                        "database dropped: creates it again",
                        Clusters.empty().row("app", "app", "app", "homelab/app").owner("app", PASSWORD),
                        List.of(
                                "REPAIR database app does not exist",
                                "REPAIR no role may connect to database app yet")),
                arguments(
                        "killed after the database: revokes PUBLIC before it allows connections",
                        right().grant("app", " CONNECT", " TEMPORARY").shut("app"),
                        List.of("REPAIR " + CLOSED, "REPAIR database app does not allow connections")),
                arguments(
                        "container has a new password: a change, not a repair",
                        right().owner("app", "the one before"),
                        List.of("CHANGE role app has another password than its container")),
                arguments(
                        "role lost LOGIN: restores it",
                        right().role("app", PASSWORD, "nologin"),
                        List.of("REPAIR role app may not log in")),
                arguments("role is shut out: stays shut out", right().role("app", PASSWORD, "shut-out"), List.of()),
                arguments(
                        "role has SUPERUSER: removes it",
                        right().role("app", PASSWORD, "superuser"),
                        List.of("REPAIR role app has attributes beyond its database")),
                arguments(
                        "role has CREATEDB: removes it",
                        right().role("app", PASSWORD, "createdb"),
                        List.of("REPAIR role app has attributes beyond its database")),
                arguments(
                        "role without a connection limit: sets one",
                        right().role("app", PASSWORD, "unlimited"),
                        List.of("REPAIR role app has no connection limit")),
                arguments(
                        "role is a member of another role: revokes the membership",
                        right().member("app", "pg_read_all_data", "admin"),
                        List.of("REPAIR role app is a member of role pg_read_all_data")),
                arguments(
                        "role may connect to another database: revokes the privilege",
                        right().database("elsewhere", "admin", "app CONNECT"),
                        List.of("REPAIR role app has privileges on database elsewhere")),
                arguments(
                        "role owns objects in another database: keeps its privileges there",
                        right().database("elsewhere", "admin", "app CONNECT").business("elsewhere", "app"),
                        List.of()),
                arguments(
                        "role lost its management privileges: restores them",
                        right().notOn(ManagementAccess.STATUS, "app"),
                        List.of("REPAIR " + LOGS)),
                arguments(
                        "role has other management privileges: revokes them",
                        right().on("TABLE public.backup_log", "app", "SELECT").grant("management", "app CREATE"),
                        List.of(
                                "REPAIR role app has privileges on tables of database management",
                                "REPAIR role app may create objects in database management")),
                arguments(
                        "role may create management objects: revokes the privilege",
                        right().on("SCHEMA public", "app", "CREATE"),
                        List.of("REPAIR role app may create objects in schema public of database management")),
                arguments(
                        "PUBLIC may create management objects: no step for an enrolled service",
                        right().on("SCHEMA public", "", "CREATE"),
                        List.of()),
                arguments(
                        "PUBLIC may create management objects: enrolment revokes this first",
                        Clusters.empty().on("SCHEMA public", "", "CREATE"),
                        List.of(
                                "ENROL role app does not exist",
                                "ENROL every role may create objects in schema public of database management",
                                "ENROL database app does not exist",
                                "ENROL no role may connect to database app yet",
                                FINISHED)),
                arguments(
                        "the administrator owns the database: restores the owner",
                        right().database("app", "admin", Clusters.all("app")),
                        List.of("REPAIR database app belongs to the administrator")),
                arguments(
                        "another role owns the database: restores the owner",
                        right().role("rogue", "any").database("app", "rogue", Clusters.all("app")),
                        List.of("REPAIR database app belongs to role rogue")),
                arguments(
                        "PUBLIC has privileges on the database: revokes them",
                        right().grant("app", " TEMPORARY"),
                        List.of("REPAIR " + CLOSED)),
                arguments(
                        "another service's role has privileges on the database: revokes them",
                        right().service("other", "any").grant("app", "other CONNECT"),
                        List.of("REPAIR role other of another service has privileges on database app")),
                arguments(
                        "an operator's role has privileges on the database: keeps them",
                        right().role("grafana", "any").grant("app", "grafana CONNECT"),
                        List.of()),
                arguments(
                        "owner lost privileges on its database: restores them",
                        right().database("app", "app", "app CONNECT"),
                        List.of("REPAIR role app lacks privileges on its own database")),
                arguments(
                        "init script's service: claims its row, hardens role and database",
                        Clusters.empty()
                                .row("app", "app", "", "")
                                .role("app", PASSWORD, "unlimited")
                                .database("app", "admin", " CONNECT", " TEMPORARY", "app CONNECT"),
                        List.of(
                                BOUND,
                                "ENROL role app has no connection limit",
                                "ENROL " + LOGS,
                                "ENROL database app belongs to the administrator",
                                "ENROL " + CLOSED,
                                FINISHED)),
                arguments(
                        "service is not managed: manages it again",
                        right().row(new Cluster.Service(
                                "app", "app", "app", "homelab/app", false, "", "id-of-app", "image", "sha256:0")),
                        List.of(CHANGED)));
    }

    @Test
    void theSameTwiceGivesTheSameStepsButForTheSalt() {
        ServicePlan one = plan(Clusters.empty());
        ServicePlan other = plan(Clusters.empty());
        assertThat(one.steps())
                .extracting(Step::reason)
                .isEqualTo(other.steps().stream().map(Step::reason).toList());
        assertThat(withoutVerifiers(one)).isEqualTo(withoutVerifiers(other));
        assertThat(one.steps().get(0).sql())
                .contains("INSERT INTO public.service_configs", "CREATE ROLE")
                .doesNotContain("PASSWORD");
        assertThat(one.steps().get(2).sql())
                .containsSubsequence("PASSWORD 'SCRAM-SHA-256$4096:", "FROM PUBLIC", "ALLOW_CONNECTIONS true");
    }

    private static List<String> withoutVerifiers(ServicePlan plan) {
        return plan.steps().stream()
                .map(step -> step.sql().replaceAll("'SCRAM[^']*'", "'SCRAM'"))
                .toList();
    }

    @Test
    void membershipIsRevokedAsItsGrantorSincePostgreSql16() {
        Clusters member = right().role("keeper", "any").member("app", "keeper", "admin");
        assertThat(sql(member.major(15))).containsExactly("REVOKE \"keeper\" FROM \"app\"");
        assertThat(sql(member.major(17))).containsExactly("REVOKE \"keeper\" FROM \"app\" GRANTED BY \"admin\"");
    }

    @Test
    void aNewRoleTakesOverFromTheOneThatTheServiceHadBefore() {
        Clusters before = right();
        ServicePlan plan = plan(claim("app", "app", "app2", EnrolmentHost.service("app")), before);

        assertThat(plan.former()).contains("app");
        assertThat(plan.steps())
                .extracting(Step::reason)
                .containsExactly(
                        "role app2 does not exist",
                        "database app belongs to role app",
                        "role app of another service has privileges on database app",
                        "service app has changed");
        assertThat(plan.steps().get(3).sql())
                .contains("ALTER ROLE \"app\" NOLOGIN", "REVOKE ALL ON DATABASE \"management\" FROM \"app\"");
        assertThat(plan.adopts(before.cluster())).isTrue();
        assertThat(plan(right()).former()).isEmpty();
        assertThat(plan(right()).adopts(right().cluster())).isFalse();
    }

    @Test
    void theFormerRoleIsRememberedUntilTheRowSaysOtherwise() {
        Clusters allButTheRow = right().owner("app2", PASSWORD).database("app", "app2", Clusters.all("app2"));
        ServicePlan plan = plan(claim("app", "app", "app2", EnrolmentHost.service("app")), allButTheRow);
        assertThat(plan.steps()).extracting(Step::kind).containsExactly(Step.Kind.RECORD);
        assertThat(plan.former()).contains("app");
        assertThat(plan.adopts(allButTheRow.cluster())).isTrue();
    }

    @Test
    void imageChangeIsRecordedAndReported() {
        Clusters before = right().row(new Cluster.Service(
                "app", "app", "app", "homelab/app", true, "", "id-of-app", "image:1", "sha256:9"));
        ServicePlan plan = plan(before);
        assertThat(plan.steps())
                .extracting(step -> step.kind() + " " + step.reason())
                .containsExactly(CHANGED);
        assertThat(plan.imageChange())
                .contains(new ImageChange("app", "image:1", "sha256:9", "image", "sha256:0", NOW));
    }

    @Test
    void aContainerThatWasMadeAnewIsRecordedAndItsDatabaseNotOpened() {
        Clusters before = right();
        Boxes anew = EnrolmentHost.service("app").id("made-anew");
        ServicePlan plan = plan(claim("app", "app", "app", anew), before);
        assertThat(plan.steps())
                .extracting(step -> step.kind() + " " + step.reason())
                .containsExactly(CHANGED);
        assertThat(plan.adopts(before.cluster())).isFalse();
        assertThat(plan(claim("app", "app", "app", anew.image("another")), before)
                        .adopts(before.cluster()))
                .isTrue();
    }

    @Test
    void theIdOfAOneOffContainerIsNotRecorded() {
        Boxes oneOff = EnrolmentHost.service("app").id("one-off").label("com.docker.compose.oneoff", "True");
        assertThat(plan(claim("app", "app", "app", oneOff), right()).steps()).isEmpty();
    }

    @Test
    void anImageThatWasNeverSeenIsRecordedAndNoChange() {
        Clusters before = right().row(
                        new Cluster.Service("app", "app", "app", "homelab/app", true, "", "id-of-app", "image", ""));
        ServicePlan plan = plan(before);
        assertThat(plan.steps())
                .extracting(step -> step.kind() + " " + step.reason())
                .containsExactly(CHANGED);
        assertThat(plan.imageChange()).isEmpty();
    }

    @Test
    void adoptedServiceIsBoundToItsNewIdentity() {
        Clusters before = Clusters.empty()
                .row("app", "app", "app", "elsewhere/app")
                .owner("app", PASSWORD)
                .database("app", "app", Clusters.all("app"));
        Claim moved = claim("app", "app", "app", EnrolmentHost.service("app"));
        assertThatThrownBy(() -> plan(moved, before)).isInstanceOf(RefusedClaim.class);

        ServicePlan plan = ServicePlan.of(moved, before.cluster(), Clusters.SERVER, Clusters.ACCEPTS, true, NOW);

        assertThat(plan.steps())
                .extracting(step -> step.kind() + " " + step.reason())
                .containsExactly(CHANGED);
        assertThat(plan.steps().get(0).sql()).contains("'homelab/app'").contains("identity = EXCLUDED.identity");
    }

    @Test
    void workerWithTheSameDatabaseRoleAndPasswordShares() {
        Boxes worker = EnrolmentHost.service("worker").compose("homelab", "worker");
        ServicePlan plan = plan(claim("worker", "app", "app", worker), right());
        assertThat(plan.sharedWith()).contains("app");
        assertThat(plan.steps()).isEmpty();
        assertThat(plan(right()).sharedWith()).as("the service itself").isEmpty();
    }

    @Test
    void adoptedClaimReplacesAServiceWithoutContainer() {
        Claim renamed =
                claim("todo", "app", "app", EnrolmentHost.service("todo").compose("homelab", "todo"));
        assertThat(owner(renamed, right(), false)).as("not adopted").isEqualTo("todo");
        assertThat(owner(renamed, right(), true)).isEqualTo("app");
        assertThat(owner(renamed, right(), true, "homelab/app"))
                .as("the other container exists")
                .isEqualTo("todo");
        assertThat(owner(renamed, right().row("todo", "todo", "todo", "homelab/todo"), true))
                .as("the renamed service has its own database")
                .isEqualTo("todo");
        assertThat(owner(claim("todo", "app", "todo", EnrolmentHost.service("todo")), right(), true))
                .as("another role")
                .isEqualTo("todo");
        assertThat(owner(renamed, right().row("app", "app", "app", "homelab/todo"), false))
                .as("already bound to the new container")
                .isEqualTo("app");
    }

    private static String owner(Claim claim, Clusters before, boolean trusted, String... identities) {
        return ServicePlan.owned(claim, before.cluster(), trusted, Set.of(identities))
                .service();
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("strangers")
    void otherApplicationsCannotShareADatabase(String sentence, Claim claim, Clusters before, String because) {
        assertThatThrownBy(() -> plan(claim, before))
                .as(sentence)
                .isInstanceOf(RefusedClaim.class)
                .hasMessageContaining(because);
    }

    static Stream<Arguments> strangers() {
        Boxes worker = EnrolmentHost.service("worker").compose("homelab", "worker");
        Boxes elsewhere = EnrolmentHost.service("worker").compose("elsewhere", "worker");
        Boxes longer = EnrolmentHost.service("worker").compose("homelab2", "worker");
        return Stream.of(
                arguments(
                        "another password",
                        claim("worker", "app", "app", worker),
                        right().owner("app", "another"),
                        "belongs to service 'app'"),
                arguments(
                        "another project",
                        claim("worker", "app", "app", elsewhere),
                        right(),
                        "belongs to service 'app'"),
                arguments(
                        "project name with the same prefix",
                        claim("worker", "app", "app", longer),
                        right(),
                        "belongs to service 'app'"),
                arguments(
                        "no project",
                        claim("worker", "app", "app", Boxes.container("worker")),
                        right(),
                        "belongs to service 'app'"),
                arguments(
                        "another role of the application",
                        claim("worker", "app", "worker", worker),
                        right(),
                        "database 'app', which belongs to service 'app'"),
                arguments(
                        "another database",
                        claim("worker", "worker", "app", worker),
                        right(),
                        "role 'app', which belongs to service 'app'"),
                arguments(
                        "application in quarantine",
                        claim("worker", "app", "app", worker),
                        right().row(new Cluster.Service(
                                "app", "app", "app", "homelab/app", true, "app", "id-of-app", "image", "sha256:0")),
                        "belongs to service 'app'"));
    }

    @Test
    void aServiceThatIsShutOutGetsNoOtherRole() {
        Claim other = claim("app", "app", "app9", EnrolmentHost.service("app"));
        Clusters before = right().role("app", PASSWORD, "shut-out");

        assertThatThrownBy(() -> plan(other, before))
                .isInstanceOf(RefusedClaim.class)
                .hasMessageContaining("requests role 'app9' while its role 'app' is shut out");
        assertThat(plan(other, right()).steps()).isNotEmpty();
        assertThat(ServicePlan.of(other, before.cluster(), Clusters.SERVER, Clusters.ACCEPTS, true, NOW)
                        .steps())
                .isNotEmpty();
    }

    @Test
    void everyNameInSqlIsQuoted() {
        String odd = "My App-1";
        String weird = "we\"ird; --";
        Clusters before = Clusters.empty()
                .row(odd, odd, odd, "homelab/" + odd)
                .role(odd, "another", "nologin", "superuser", "unlimited")
                .member(odd, weird, weird)
                .service(weird, "any")
                .database(odd, "admin", " CONNECT", weird + " CONNECT")
                .grant(weird, odd + " CONNECT")
                .on("TABLE public.\"we\"\"ird\"", odd, "SELECT")
                .grant("management", odd + " CREATE")
                .shut(odd)
                .major(17);
        List<String> sql = Stream.concat(
                        plan(claim(odd, odd, odd, EnrolmentHost.service(odd)), before).steps().stream(),
                        plan(claim(odd, odd, odd, EnrolmentHost.service(odd)), Clusters.empty()).steps().stream())
                .map(Step::sql)
                .toList();

        assertThat(sql).hasSizeGreaterThan(15);
        assertThat(sql).allSatisfy(statement -> {
            String rest = statement
                    .replace("\"My App-1\"", "")
                    .replace("'My App-1'", "")
                    .replace("'homelab/My App-1'", "")
                    .replace("'id-of-My App-1'", "")
                    .replace("\"we\"\"ird; --\"", "")
                    .replace("\"we\"\"ird\"", "");
            assertThat(rest).doesNotContain("My App", "ird");
        });
    }

    private static final Cluster.Service SERVICE =
            new Cluster.Service("app", "app", "app", "homelab/app", true, "", "id-of-app", "image", "");

    @Test
    void nothingIsCreatedForAServiceWithoutAContainer() {
        Clusters before = Clusters.empty().row("app", "app", "app", "homelab/app");
        assertThat(new DesiredService(before.cluster(), "management", SERVICE, Step.Kind.REPAIR).kept())
                .isEmpty();
        assertThat(new DesiredService(
                                right().owner("app", "another")
                                        .role("app", "another", "nologin")
                                        .cluster(),
                                "management",
                                SERVICE,
                                Step.Kind.REPAIR)
                        .kept())
                .extracting(Step::reason)
                .containsExactly("role app may not log in");
    }

    @Test
    void aServiceThatIsSwitchedOffIsOnlyMarked() {
        Cluster.Service service = right().cluster().service("app").orElseThrow();
        Step step = ServicePlan.letGo(service, "management");
        assertThat(step.sql())
                .isEqualTo("UPDATE public.service_configs SET enabled = false WHERE service_name = 'app'");
        assertThat(step.kind()).isEqualTo(Step.Kind.RECORD);
    }

    private static Clusters right() {
        return Clusters.empty().service("app", PASSWORD);
    }

    private static List<String> sql(Clusters before) {
        return plan(before).steps().stream().map(Step::sql).toList();
    }

    private static ServicePlan plan(Clusters before) {
        return plan(claim("app", "app", "app", EnrolmentHost.service("app")), before);
    }

    private static ServicePlan plan(Claim claim, Clusters before) {
        return ServicePlan.of(claim, before.cluster(), Clusters.SERVER, Clusters.ACCEPTS, false, NOW);
    }

    private static Claim claim(String service, String database, String user, Boxes box) {
        Container container = box.box();
        return new Claim(service, database, user, new Secret(PASSWORD), DatabaseOptions.NONE, container, "by a test");
    }
}
