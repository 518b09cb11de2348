package org.pgsteward.provision;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;
import static org.junit.jupiter.params.provider.Arguments.arguments;

import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.pgsteward.model.Secret;

@Tag("fast")
class RefusalsTest {
    private static final String PASSWORD = "never-to-be-seen";
    private static final String BY_DATABASE = "choose another name with the label pgsteward.database";
    private static final String BY_USER = "choose another name with the label pgsteward.user";
    private static final String BY_SERVICE = "choose another name with the label pgsteward.service";

    @ParameterizedTest(name = "{0}")
    @MethodSource({"always", "unlessVouchedFor"})
    void refusesWithReasonAndNextStep(String sentence, Claim claim, Clusters before, String what, String next) {
        assertThat(refusal(claim, before, false))
                .as(sentence)
                .startsWith("cannot enrol service '" + claim.service() + "' of container '"
                        + claim.container().name() + "': ")
                .contains(what)
                .contains(next)
                .hasLineCount(1)
                .containsOnlyOnce("; ")
                .doesNotContain(PASSWORD, "verifier", "SCRAM", "\"")
                .doesNotContainPattern(";(?! [a-z])|;.*;")
                .doesNotContainPattern("\\b(CREATE|ALTER|GRANT|REVOKE|SELECT)\\b");
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("always")
    void adoptionCannotOverrideForeignOwnership(
            String sentence, Claim claim, Clusters before, String what, String next) {
        assertThat(refusal(claim, before, true)).as(sentence).contains(what).contains(next);
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("unlessVouchedFor")
    void adoptedClaimNeedsNoEvidence(String sentence, Claim claim, Clusters before, String what, String next) {
        assertThatCode(() -> check(claim, before, true)).as(sentence).doesNotThrowAnyException();
    }

    /** The lines in an alert and in {@code doctor} repair the problem, and do not only inspect it. */
    @ParameterizedTest(name = "{0}")
    @MethodSource({"always", "unlessVouchedFor"})
    void theRemedyRepairs(String sentence, Claim claim, Clusters before, String what, String next) {
        assertThatThrownBy(() -> check(claim, before, false)).isInstanceOfSatisfying(RefusedClaim.class, refused -> {
            String remedy = refused.refusal().remedy();
            assertThat(remedy).as(sentence).doesNotContain("inspect", "doctor");
            if (next.contains("--adopt")) {
                assertThat(remedy).startsWith("pgsteward provision --adopt " + claim.service() + "   # ");
            } else {
                assertThat(remedy).containsPattern("\n  pgsteward\\.[a-z]+: another_name\n|^pgsteward remove --undo ");
            }
        });
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("allowed")
    void allows(String sentence, Claim claim, Clusters before) {
        assertThatCode(() -> check(claim, before, false)).as(sentence).doesNotThrowAnyException();
    }

    static Stream<Arguments> always() {
        Cluster.Service quarantined = new Cluster.Service(
                "app", "removed_1", "app", "homelab/app", true, "app", "id-of-app", "image", "sha256:0");
        return Stream.of(
                arguments(
                        "the administrator's role",
                        claim("app", "app", "Admin"),
                        Clusters.empty(),
                        "the administrator's role 'Admin'",
                        "with the label pgsteward.user"),
                arguments(
                        "the management database",
                        claim("app", "MANAGEMENT", "app"),
                        Clusters.empty(),
                        "the management database 'MANAGEMENT'",
                        "with the label pgsteward.database"),
                arguments(
                        "a service with the management database's name",
                        claim("Management", "app", "app"),
                        Clusters.empty(),
                        "the name of the management database",
                        BY_SERVICE),
                arguments(
                        "the previous name of a database in quarantine",
                        claim("other", "app", "other"),
                        Clusters.empty().row(quarantined),
                        "database 'app', which belongs to service 'app'",
                        "with the label pgsteward.database"),
                arguments(
                        "its own database in quarantine",
                        claim("app", "app", "app"),
                        Clusters.empty().row(quarantined),
                        "its database is in quarantine",
                        "'pgsteward remove --undo app'"),
                arguments(
                        "another service's database",
                        claim("app", "other", "app"),
                        Clusters.empty().service("other", "any"),
                        "database 'other', which belongs to service 'other'",
                        BY_DATABASE),
                arguments(
                        "another service's database in upper case",
                        claim("app", "OTHER", "app"),
                        Clusters.empty().service("other", "any"),
                        "database 'OTHER', which belongs to service 'other'",
                        BY_DATABASE),
                arguments(
                        "another service's role, with its password",
                        claim("app", "app", "other"),
                        Clusters.empty().service("other", PASSWORD),
                        "role 'other', which belongs to service 'other'",
                        BY_USER),
                arguments(
                        "the implicit role of an init script's row",
                        claim("app", "app", "scripted"),
                        Clusters.empty().row("scripted", "elsewhere", "", "").role("scripted", PASSWORD),
                        "role 'scripted', which belongs to service 'scripted'",
                        BY_USER),
                arguments(
                        "a service that differs only by case",
                        claim("App", "one", "one"),
                        Clusters.empty().service("app", "any"),
                        "service 'App' differs from 'app' only by case",
                        BY_SERVICE),
                arguments(
                        "a database that differs only by case",
                        claim("app", "Finance", "app"),
                        Clusters.empty().database("finance", "admin"),
                        "database 'Finance' differs from 'finance' only by case",
                        BY_DATABASE),
                arguments(
                        "a role that differs only by case",
                        claim("app", "app", "Grafana"),
                        Clusters.empty().role("grafana", PASSWORD),
                        "user 'Grafana' differs from 'grafana' only by case",
                        BY_USER),
                arguments(
                        "a superuser, with its password",
                        claim("app", "app", "mighty"),
                        Clusters.empty().role("mighty", PASSWORD, "superuser"),
                        "role 'mighty', which has SUPERUSER or REPLICATION",
                        "with the label pgsteward.user"),
                arguments(
                        "a role with REPLICATION",
                        claim("app", "app", "standby"),
                        Clusters.empty().role("standby", PASSWORD, "replication"),
                        "role 'standby', which has SUPERUSER or REPLICATION",
                        "with the label pgsteward.user"));
    }

    static Stream<Arguments> unlessVouchedFor() {
        return Stream.of(
                arguments(
                        "a service of another project",
                        claim("app", "app", "app"),
                        Clusters.empty()
                                .row("app", "app", "app", "elsewhere/app")
                                .owner("app", PASSWORD)
                                .database("app", "app"),
                        "the service belongs to 'elsewhere/app', and the container is 'homelab/app'",
                        "'pgsteward provision --adopt app'"),
                arguments(
                        "a role that exists with another password",
                        claim("app", "app", "app"),
                        Clusters.empty().role("app", "another"),
                        "role 'app', which exists with another password",
                        "'pgsteward provision --adopt app'"),
                arguments(
                        "the administrator's database, with a new role",
                        claim("app", "finance", "app"),
                        Clusters.empty().database("finance", "admin"),
                        "database 'finance', which exists without evidence that it is for role 'app'",
                        "'pgsteward provision --adopt app'"),
                arguments(
                        "the administrator's database, with an existing role and its password",
                        claim("app", "finance", "app"),
                        Clusters.empty().role("app", PASSWORD).database("finance", "admin"),
                        "database 'finance', which exists without evidence that it is for role 'app'",
                        "'pgsteward provision --adopt app'"),
                arguments(
                        "an enrolled service requests the administrator's database",
                        claim("app", "finance", "app"),
                        Clusters.empty().service("app", PASSWORD).database("finance", "admin"),
                        "database 'finance', which exists without evidence that it is for role 'app'",
                        "'pgsteward provision --adopt app'"),
                arguments(
                        "a role of pgsteward, and the administrator's database of that name",
                        claim("app", "finance", "finance"),
                        Clusters.empty()
                                .row("app", "app", "finance", "homelab/app")
                                .owner("finance", PASSWORD)
                                .database("finance", "admin"),
                        "without evidence that it is for role 'finance'",
                        "'pgsteward provision --adopt app'"),
                arguments(
                        "an init script's row of the service, with a different role",
                        claim("app", "data", "mine"),
                        Clusters.empty()
                                .role("mine", PASSWORD)
                                .database("data", "admin")
                                .row("app", "data", "", ""),
                        "without evidence that it is for role 'mine'",
                        "'pgsteward provision --adopt app'"),
                arguments(
                        "a role with only CONNECT and TEMPORARY",
                        claim("app", "data", "app"),
                        Clusters.empty()
                                .role("app", PASSWORD)
                                .database("data", "admin", "app CONNECT", "app TEMPORARY"),
                        "without evidence that it is for role 'app'",
                        "'pgsteward provision --adopt app'"),
                arguments(
                        "a role that is connected or owns a large object",
                        claim("app", "data", "app"),
                        adopting("data").business("data", "app"),
                        "without evidence that it is for role 'app'",
                        "'pgsteward provision --adopt app'"),
                arguments(
                        "a table in a database where every role may create tables",
                        claim("app", "data", "app"),
                        adopting("data").evidence("data", evidence("", "", "app", "")),
                        "without evidence that it is for role 'app'",
                        "'pgsteward provision --adopt app'"),
                arguments(
                        "a table of the role beside one of the administrator",
                        claim("app", "data", "app"),
                        adopting("data").evidence("data", evidence("", "app", "app", "public.adm")),
                        "in which role 'app' lacks privileges on objects of the administrator, such as public.adm",
                        "'pgsteward provision --adopt app'"),
                arguments(
                        "CREATE in a database of another name with the administrator's tables",
                        claim("app", "data", "app"),
                        adopting("data").evidence("data", evidence("app", "", "", "public.adm")),
                        "in which role 'app' lacks privileges on objects of the administrator, such as public.adm",
                        "'pgsteward provision --adopt app'"),
                arguments(
                        "a database of the role's name, no grant, with the administrator's tables",
                        claim("app", "app", "app"),
                        adopting("app").evidence("app", evidence("", "", "", "public.adm")),
                        "in which role 'app' lacks privileges on objects of the administrator, such as public.adm",
                        "'pgsteward provision --adopt app'"),
                arguments(
                        "another role may create objects too",
                        claim("app", "app", "app"),
                        adopting("app").evidence("app", evidence("app,clerk", "", "", "")),
                        "which may belong to role 'clerk': that role has tables or the privilege to create objects in it",
                        "'pgsteward provision --adopt app'"),
                arguments(
                        "tables of the role beside tables of another role",
                        claim("app", "app", "app"),
                        adopting("app").evidence("app", evidence("app", "app", "app,clerk", "")),
                        "which may belong to role 'clerk': that role has tables or the privilege to create objects in it",
                        "'pgsteward provision --adopt app'"),
                arguments(
                        "a database of a role that is no service",
                        claim("app", "finance", "app"),
                        Clusters.empty().role("clerk", "any").database("finance", "clerk"),
                        "database 'finance', which belongs to role 'clerk'",
                        BY_DATABASE));
    }

    static Stream<Arguments> allowed() {
        return Stream.of(
                arguments("unused names", claim("app", "app", "app"), Clusters.empty()),
                arguments(
                        "its own service, with a new password",
                        claim("app", "app", "app"),
                        Clusters.empty().service("app", "the one before")),
                arguments(
                        "its own role that became a superuser",
                        claim("app", "app", "app"),
                        Clusters.empty().service("app", PASSWORD).role("app", PASSWORD, "superuser")),
                arguments(
                        "an init script's role and database of one name, with the password",
                        claim("app", "app", "app"),
                        Clusters.empty().role("app", PASSWORD).database("app", "admin")),
                arguments(
                        "an init script's database of the role's name, with a grant",
                        claim("app", "app", "app"),
                        adopting("app").evidence("app", evidence("app", "app", "app", "public.restored"))),
                arguments(
                        "a database in which the role owns all tables",
                        claim("app", "data", "app"),
                        adopting("data").evidence("data", evidence("", "app", "app", ""))),
                arguments(
                        "a database where the administrator granted CREATE to the role",
                        claim("app", "data", "app"),
                        adopting("data").evidence("data", evidence("app", "", "", ""))),
                arguments(
                        "a database that an init script's row assigns to the service",
                        claim("app", "data", "app"),
                        adopting("data").row("app", "data", "", "")),
                arguments(
                        "a database that the role owns",
                        claim("app", "data", "app"),
                        Clusters.empty().role("app", PASSWORD).database("data", "app")));
    }

    /** Returns a cluster with a role that has the claim's password, and a database of the administrator. */
    private static Clusters adopting(String database) {
        return Clusters.empty().role("app", PASSWORD).database(database, "admin");
    }

    /** Returns the evidence. Commas separate the roles. */
    private static Evidence evidence(String entitled, String owners, String present, String closed) {
        return new Evidence(roles(entitled), roles(owners), roles(present), closed);
    }

    private static Set<String> roles(String list) {
        return list.isEmpty() ? Set.of() : Set.of(list.split(","));
    }

    @Test
    void projectLabelIsShownInOneClearLine() {
        String reason = refusal(
                claim(EnrolmentHost.service("app").compose("home\nlab\u001b[2J", "app"), "app", "app", "app"),
                Clusters.empty().row("app", "app", "app", "elsewhere\u2028/app"),
                false);
        assertThat(reason).contains("'elsewhere?/app'", "'home?lab?[2J/app'").hasLineCount(1);
    }

    @Test
    void aContainerThatCannotBeWrittenDownIsNoClaim() {
        for (Boxes box : List.of(
                EnrolmentHost.service("app").compose("home\0lab", "app"),
                EnrolmentHost.service("app").image("im\0age"))) {
            assertThat(catchThrowableOfType(RefusedClaim.class, () -> claim(box, "app", "app", "app"))
                            .reason())
                    .contains("'app'", "NUL character", "change them")
                    .hasLineCount(1);
        }
    }

    private static String refusal(Claim claim, Clusters before, boolean trusted) {
        RefusedClaim refused = catchThrowableOfType(RefusedClaim.class, () -> check(claim, before, trusted));
        assertThat(refused).as("refusal").isNotNull();
        return refused.reason();
    }

    private static void check(Claim claim, Clusters before, boolean trusted) {
        Refusals.check(claim, before.cluster(), Clusters.SERVER, Clusters.ACCEPTS, trusted);
    }

    private static Claim claim(String service, String database, String user) {
        return claim(EnrolmentHost.service(service), service, database, user);
    }

    private static Claim claim(Boxes box, String service, String database, String user) {
        return new Claim(service, database, user, new Secret(PASSWORD), DatabaseOptions.NONE, box.box(), "by a test");
    }
}
