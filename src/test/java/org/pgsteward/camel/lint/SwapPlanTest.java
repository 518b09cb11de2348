package org.pgsteward.camel.lint;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.TreeMap;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

@Tag("fast")
class SwapPlanTest {
    private static final String LEVELS = """
            - beans:
                - name: level
                  type: some.Level
                  properties:
                    warn: "80%"
                - name: watch
                  type: some.Watch
                  constructors:
                    0: "#bean:level"
            """;

    private static final String WATCHING = """
            - route:
                id: watching
                description: Watches.
                from:
                  uri: timer:watching
                  steps:
                    - bean:
                        ref: watch
            - route:
                id: other
                from:
                  uri: timer:other
                  steps:
                    - log:
                        message: watchful levels
            """;

    @Test
    void unchangedRoutesStayUntouched() {
        assertThat(plan(LEVELS + WATCHING, LEVELS + WATCHING).isEmpty()).isTrue();
    }

    @Test
    void commentsDescriptionsAndLayoutChangeNothing() {
        String other = WATCHING.replace("Watches.", "Looks at it.")
                .replace("uri: timer:watching", "# now and then\n      uri: \"timer:watching\"");

        assertThat(plan(LEVELS + WATCHING, LEVELS + other).isEmpty()).isTrue();
    }

    @Test
    void aRouteThatMovesToAnotherFileIsTheSame() {
        RouteSet one = set("a.camel.yaml", LEVELS, "b.camel.yaml", WATCHING);
        RouteSet other = set("a.camel.yaml", LEVELS + WATCHING, "b.camel.yaml", "- beans: [{name: x, type: y}]\n");

        SwapPlan plan = SwapPlan.of(one, other);

        assertThat(plan.routes()).isEmpty();
        assertThat(plan.lostRoutes()).isEmpty();
        assertThat(plan.beans()).containsExactly("x");
    }

    @Test
    void onlyHoldersOfAChangedBeanAreRecreated() {
        SwapPlan plan = plan(LEVELS + WATCHING, LEVELS.replace("80%", "70%") + WATCHING);

        assertThat(plan.beans()).containsExactly("level", "watch");
        assertThat(plan.routes()).containsExactly("watching");
    }

    @Test
    void aRenamedRouteGoesAndComes() {
        SwapPlan plan = plan(LEVELS + WATCHING, LEVELS + WATCHING.replace("id: other", "id: another"));

        assertThat(plan.routes()).containsExactly("another");
        assertThat(plan.lostRoutes()).containsExactly("other");
    }

    @Test
    void aDescriptionAmongAnOperatorsOwnNamesCounts() {
        String one = "- beans: [{name: x, type: y, properties: {description: a}}]\n";

        assertThat(plan(one, one.replace(": a", ": b")).beans()).containsExactly("x");
    }

    private static SwapPlan plan(String before, String after) {
        return SwapPlan.of(set("one.camel.yaml", before), set("one.camel.yaml", after));
    }

    private static RouteSet set(String... namesAndTexts) {
        TreeMap<String, String> texts = new TreeMap<>();
        for (int i = 0; i < namesAndTexts.length; i += 2) {
            texts.put(namesAndTexts[i], namesAndTexts[i + 1]);
        }
        RouteSet set = RouteSet.of(RouteFiles.of(texts));
        assertThat(set.problems()).isEmpty();
        return set;
    }
}
