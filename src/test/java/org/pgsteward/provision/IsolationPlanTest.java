package org.pgsteward.provision;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.params.provider.Arguments.arguments;

import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

@Tag("fast")
class IsolationPlanTest {
    @ParameterizedTest(name = "{0}")
    @MethodSource("clusters")
    void closes(String sentence, Clusters before, List<String> sql) {
        assertThat(IsolationPlan.of(before.cluster(), Clusters.SERVER))
                .as(sentence)
                .extracting(closing -> closing.subject() + "> " + closing.step().sql())
                .containsExactlyElementsOf(sql);
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("clusters")
    void saysWhyInWordsAndDoesItInTheManagementDatabase(String sentence, Clusters before, List<String> sql) {
        assertThat(IsolationPlan.of(before.cluster(), Clusters.SERVER)).allSatisfy(closing -> {
            assertThat(closing.step().kind()).isEqualTo(Step.Kind.REPAIR);
            assertThat(closing.step().database()).isEqualTo("management");
            assertThat(closing.step().reason())
                    .as(sentence)
                    .startsWith("every role ")
                    .contains(closing.subject())
                    .hasLineCount(1)
                    .doesNotContainPattern("\\b(GRANT|REVOKE|DATABASE|PUBLIC)\\b");
        });
    }

    static Stream<Arguments> clusters() {
        return Stream.of(
                arguments("no PUBLIC privileges: no steps", Clusters.empty(), List.of()),
                arguments(
                        "unclaimed database: revokes CONNECT and TEMPORARY from PUBLIC",
                        Clusters.empty().database("postgres", "admin", " CONNECT", " TEMPORARY"),
                        List.of("postgres> REVOKE ALL ON DATABASE \"postgres\" FROM PUBLIC")),
                arguments(
                        "PUBLIC has only CREATE: revokes it too",
                        Clusters.empty().database("scratch", "admin", " CREATE"),
                        List.of("scratch> REVOKE ALL ON DATABASE \"scratch\" FROM PUBLIC")),
                arguments(
                        "grants roles in use, except the owner, before it revokes PUBLIC",
                        Clusters.empty()
                                .role("clerk", "any")
                                .role("grafana", "any")
                                .role("zoe", "any")
                                .database("dashboards", "clerk", " CONNECT")
                                .business("dashboards", "zoe", "grafana", "clerk"),
                        List.of("dashboards> GRANT CONNECT, TEMPORARY ON DATABASE \"dashboards\" TO \"grafana\";"
                                + " GRANT CONNECT, TEMPORARY ON DATABASE \"dashboards\" TO \"zoe\";"
                                + " REVOKE ALL ON DATABASE \"dashboards\" FROM PUBLIC")),
                arguments(
                        "skips the grant to a dropped role",
                        Clusters.empty()
                                .database("dashboards", "admin", " CONNECT")
                                .business("dashboards", "gone"),
                        List.of("dashboards> REVOKE ALL ON DATABASE \"dashboards\" FROM PUBLIC")),
                arguments(
                        "template0 allows no connections: no step",
                        Clusters.empty()
                                .database("template0", "admin", " CONNECT")
                                .shut("template0"),
                        List.of()),
                arguments(
                        "an enrolled service's database: left to its service plan",
                        Clusters.empty().service("app", "any").grant("app", " CONNECT"),
                        List.of()),
                arguments(
                        "unclaimed database of an init script: revokes PUBLIC",
                        Clusters.empty()
                                .row("app", "app", "", "")
                                .role("app", "any")
                                .database("app", "admin", " CONNECT")
                                .business("app", "app"),
                        List.of("app> GRANT CONNECT, TEMPORARY ON DATABASE \"app\" TO \"app\";"
                                + " REVOKE ALL ON DATABASE \"app\" FROM PUBLIC")),
                arguments(
                        "management database: grants to operators' roles, not to services",
                        Clusters.empty()
                                .service("app", "any")
                                .role("grafana", "any")
                                .grant("management", " CONNECT", " TEMPORARY")
                                .business("management", "app", "grafana"),
                        List.of("management> GRANT CONNECT, TEMPORARY ON DATABASE \"management\" TO \"grafana\";"
                                + " REVOKE ALL ON DATABASE \"management\" FROM PUBLIC")),
                arguments(
                        "revokes PUBLIC from the journal's tables and function",
                        Clusters.empty()
                                .on("TABLE public.user_activity", "", "SELECT")
                                .on("TABLE public.user_activity", "", "INSERT")
                                .on(ManagementAccess.LOG_ACTIVITY, "", "EXECUTE"),
                        List.of("management> REVOKE ALL ON " + ManagementAccess.LOG_ACTIVITY
                                + " FROM PUBLIC; REVOKE ALL ON TABLE public.user_activity FROM PUBLIC")),
                arguments(
                        "revokes CREATE from PUBLIC on schemas of the management database",
                        Clusters.empty().on("SCHEMA public", "", "CREATE").on("SCHEMA \"we\"\"ird\"", "", "CREATE"),
                        List.of(
                                "management> REVOKE CREATE ON SCHEMA \"we\"\"ird\" FROM PUBLIC",
                                "management> REVOKE CREATE ON SCHEMA public FROM PUBLIC")),
                arguments(
                        "keeps an operator's grant to another role",
                        Clusters.empty().on("TABLE public.user_activity", "grafana", "SELECT"),
                        List.of()),
                arguments(
                        "keeps PUBLIC privileges on an operator's table",
                        Clusters.empty().on("TABLE public.his_own", "", "SELECT"),
                        List.of()),
                arguments(
                        "several databases: sorted by name and quoted",
                        Clusters.empty()
                                .database("we\"ird", "admin", " CONNECT")
                                .database("a b", "admin", " CONNECT")
                                .role("Odd \"one\"", "any")
                                .business("a b", "Odd \"one\""),
                        List.of(
                                "a b> GRANT CONNECT, TEMPORARY ON DATABASE \"a b\" TO \"Odd \"\"one\"\"\";"
                                        + " REVOKE ALL ON DATABASE \"a b\" FROM PUBLIC",
                                "we\"ird> REVOKE ALL ON DATABASE \"we\"\"ird\" FROM PUBLIC")));
    }
}
