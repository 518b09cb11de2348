package org.pgsteward.camel.lint;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.pgsteward.io.YamlTree;

@Tag("fast")
class CodeRuleTest {
    static Stream<Attacks.Attack> attacks() {
        return Attacks.all().stream();
    }

    @ParameterizedTest
    @MethodSource("attacks")
    void everyAttackIsRefusedInItsLine(Attacks.Attack attack) {
        List<Problem> problems = problems(Map.of("evil.camel.yaml", attack.content()), Map.of());

        assertThat(problems).as(attack.content()).isNotEmpty();
        assertThat(problems)
                .extracting(Problem::line)
                .as("%s %s", attack.content(), problems)
                .contains(attack.line());
        assertThat(problems).allSatisfy(problem -> {
            assertThat(problem.toString()).startsWith("evil.camel.yaml:");
            assertThat(problem.next()).isNotBlank();
        });
    }

    @Test
    void thereAreAttacksEnough() {
        assertThat(Attacks.all()).hasSizeGreaterThan(80);
        assertThat(Attacks.all()).extracting(Attacks.Attack::name).doesNotHaveDuplicates();
    }

    @Test
    void shippedRoutesAndExamplesContainNoCode() throws IOException {
        assertThat(problems(shipped(), Map.of())).isEmpty();
    }

    @Test
    void theTypesOfTheShippedFilesAreThoseThatAreListed() throws IOException {
        Set<String> types = RouteSet.of(RouteFiles.of(new TreeMap<>(shipped()))).beans().values().stream()
                .flatMap(bean -> YamlTree.value(bean.node(), "type").flatMap(YamlTree::text).stream())
                .collect(Collectors.toCollection(TreeSet::new));
        BeanTypes listed = BeanTypes.with(List.of());

        assertThat(types).allMatch(listed::mayBeMade).containsAll(OldNames.TYPES.values());
        types.addAll(OldNames.TYPES.keySet());
        assertThat(listed.called()).isSubsetOf(types);
        assertThat(listed.held()).isSubsetOf(types);
    }

    @Test
    void aTypeThatTheOperatorListsIsMadeAndCalled() {
        String file = """
                - beans:
                    - name: converter
                      type: org.example.Converter
                      constructors: {0: "{{pgsteward.my.setting:x}}"}
                      properties: {other: "#bean:converter", limit: 5}
                - route:
                    id: op-route
                    from:
                      uri: timer:op
                      steps:
                        - bean: {ref: converter, method: "convert(${body}, 'a')"}
                        - setHeader: {name: x, simple: "${bean:converter.convert}"}
                        - bean: {beanType: org.example.Converter, method: convert}
                """;
        assertThat(problems(
                        Map.of("mine.camel.yaml", file),
                        Map.of("pgsteward.routes.types", "a.B, org.example.Converter")))
                .isEmpty();
        assertThat(problems(Map.of("mine.camel.yaml", file), Map.of())).hasSize(4);
    }

    /** Routes that operators write, as the documents show them. */
    @Test
    void ordinaryRoutesAreNotRefused() {
        String file = """
                - route:
                    id: op-route
                    description: "exec: and class: in words for people are no addresses, and bean: is none"
                    from:
                      uri: "timer:op?period={{pgsteward.op.period:1h}}"
                      steps:
                        - setBody: {simple: "${body} at ${date:now:yyyy} by ${exchangeId}, ${header.class-name} ${variable.x?.y}"}
                        - setVariable: {name: classes, simple: "${body.size}"}
                        - log: {message: "class: ${body.name} exec: ${header.subject}"}
                        - choice:
                            when:
                              - simple: "${header.level} == 'critical' && ${body.figures[count]} > 3"
                                steps: [{to: "direct:alert-raise"}]
                        - setHeader: {name: X, constant: "java"}
                        - filter: {expression: {simple: {expression: "${in.header.x} contains 'java'"}}, steps: [{stop: {}}]}
                        - bean: {ref: messages, method: "mail(${variable.notice}, ${exchange})"}
                        - to:
                            uri: http:example.org
                            parameters: {language: de, script: "yes", bean: coffee, x.class: y, httpMethod: POST}
                        - to: "sql:SELECT 1?dataSource=#management"
                        - to: {uri: sql, parameters: {query: "SELECT class FROM public.java", dataSource: "#management"}}
                        - toD: "file:{{pgsteward.op.dir:/tmp}}?fileName=${header.name}.json"
                        - to: "http:example.org/a%20b?q=50%25&tag=%23news&text=a%2Bb"
                        - to: {uri: http:example.org, parameters: {title: "100% of #1", q: "%zz", sign: "#"}}
                        - log: {message: "# a heading, 5% #class and #1"}
                        - log: "# ${body} = #3?"
                        - setBody: {constant: "# Backups\n\n1. #first, x=#2; https://example.org/?a=b#part"}
                        - setBody: {simple: "#${body} of ${header.x}"}
                        - to: "sql:SELECT name FROM t WHERE a =:#name AND b = :#${body.size}?dataSource=#bean:management"
                        - split: {tokenize: {token: "#,"}, steps: [{to: "direct:x"}]}
                        - marshal: {json: {}}
                        - split: {expression: {jsonpath: "$.alerts[*]"}, steps: [{to: "mqtt:x"}]}
                        - throwException: {exceptionType: java.io.IOException, message: "no ${body}"}
                """;
        assertThat(problems(Map.of("mine.camel.yaml", file), Map.of())).isEmpty();
    }

    /** Each of these once overflowed the stack of a regular expression, or would have. */
    @Test
    void aLongTextIsLookedAtToItsEnd() {
        for (String many : List.of(" ", "+", "RAW(", ")", "%25", "#,", "?a=", "&")) {
            String file = """
                    - route:
                        id: op
                        from:
                          uri: timer:op
                          steps:
                            - to: {uri: log:x, parameters: {exchangeFormatter: "%s%s"}}
                    """.formatted(many.repeat(20_000), "#class:x");
            assertThat(problems(Map.of("mine.camel.yaml", file), Map.of()))
                    .as(many)
                    .extracting(Problem::line)
                    .containsExactly(6);
        }
    }

    private static Map<String, String> shipped() throws IOException {
        Map<String, String> texts =
                new TreeMap<>(RouteFiles.read(Path.of("routes")).texts());
        try (Stream<Path> examples = Files.walk(Path.of("src/examples"))) {
            for (Path file :
                    examples.filter(path -> path.toString().endsWith(".yaml")).toList()) {
                texts.put(file.getFileName().toString(), Files.readString(file));
            }
        }
        return texts;
    }

    private static List<Problem> problems(Map<String, String> texts, Map<String, String> settings) {
        RouteSet set = RouteSet.of(RouteFiles.of(new TreeMap<>(texts)));
        assertThat(set.problems()).isEmpty();
        return FormRule.code(set, settings);
    }
}
