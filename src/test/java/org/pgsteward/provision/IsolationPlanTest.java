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
                arguments("where all is closed, nothing is done", Clusters.empty(), List.of()),
                arguments(
                        "a database of nobody's is closed",
                        Clusters.empty().database("postgres", "admin", " CONNECT", " TEMPORARY"),
                        List.of("postgres> REVOKE ALL ON DATABASE \"postgres\" FROM PUBLIC")),
                arguments(
                        "whichever right it is that everybody has",
                        Clusters.empty().database("scratch", "admin", " CREATE"),
                        List.of("scratch> REVOKE ALL ON DATABASE \"scratch\" FROM PUBLIC")),
                arguments(
                        "whoever has business in it is let in by name first, but for its owner",
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
                        "a role that is gone cannot be let in",
                        Clusters.empty()
                                .database("dashboards", "admin", " CONNECT")
                                .business("dashboards", "gone"),
                        List.of("dashboards> REVOKE ALL ON DATABASE \"dashboards\" FROM PUBLIC")),
                arguments(
                        "template0 lets nobody in anyway",
                        Clusters.empty()
                                .database("template0", "admin", " CONNECT")
                                .shut("template0"),
                        List.of()),
                arguments(
                        "a service's own database is its plan's affair",
                        Clusters.empty().service("app", "any").grant("app", " CONNECT"),
                        List.of()),
                arguments(
                        "a script's database that nobody claimed yet is not",
                        Clusters.empty()
                                .row("app", "app", "", "")
                                .role("app", "any")
                                .database("app", "admin", " CONNECT")
                                .business("app", "app"),
                        List.of("app> GRANT CONNECT, TEMPORARY ON DATABASE \"app\" TO \"app\";"
                                + " REVOKE ALL ON DATABASE \"app\" FROM PUBLIC")),
                arguments(
                        "in the management database a service keeps what it has by name and gets no more",
                        Clusters.empty()
                                .service("app", "any")
                                .role("grafana", "any")
                                .grant("management", " CONNECT", " TEMPORARY")
                                .business("management", "app", "grafana"),
                        List.of("management> GRANT CONNECT, TEMPORARY ON DATABASE \"management\" TO \"grafana\";"
                                + " REVOKE ALL ON DATABASE \"management\" FROM PUBLIC")),
                arguments(
                        "what everybody may do with the journal's tables and its function is taken back",
                        Clusters.empty()
                                .on("TABLE public.user_activity", "", "SELECT")
                                .on("TABLE public.user_activity", "", "INSERT")
                                .on(ManagementAccess.LOG_ACTIVITY, "", "EXECUTE"),
                        List.of("management> REVOKE ALL ON " + ManagementAccess.LOG_ACTIVITY
                                + " FROM PUBLIC; REVOKE ALL ON TABLE public.user_activity FROM PUBLIC")),
                arguments(
                        "who may make objects in the management database is not everybody",
                        Clusters.empty().on("SCHEMA public", "", "CREATE").on("SCHEMA \"we\"\"ird\"", "", "CREATE"),
                        List.of(
                                "management> REVOKE CREATE ON SCHEMA \"we\"\"ird\" FROM PUBLIC",
                                "management> REVOKE CREATE ON SCHEMA public FROM PUBLIC")),
                arguments(
                        "what an operator granted to a role of his own is left",
                        Clusters.empty().on("TABLE public.user_activity", "grafana", "SELECT"),
                        List.of()),
                arguments(
                        "and so is a table of his own",
                        Clusters.empty().on("TABLE public.his_own", "", "SELECT"),
                        List.of()),
                arguments(
                        "several in the order of their names, each quoted",
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
