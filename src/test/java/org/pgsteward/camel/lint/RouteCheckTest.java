package org.pgsteward.camel.lint;

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.management.ClassLoadingMXBean;
import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.channels.ServerSocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.pgsteward.app.AccessMode;
import org.pgsteward.app.Wiring;
import org.pgsteward.config.Settings;

@Tag("fast")
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class RouteCheckTest {
    private Path folder;
    private RouteCheck check;
    private RouteFiles shipped;

    @BeforeAll
    void build(@TempDir Path folder) throws Exception {
        this.folder = folder;
        Settings settings = Settings.withoutSecrets(Map.of()).settings();
        check = Wiring.to(
                        AccessMode.CHECK,
                        settings.with(Map.of(
                                "pgsteward.state.dir", folder.resolve("state").toString())))
                .routeCheck();
        shipped = RouteFiles.read(Path.of("routes"));
    }

    static Stream<Corpus.Mistake> mistakes() {
        return Corpus.all().stream();
    }

    @Test
    void theShippedFilesAreFine() {
        assertThat(check.problems(shipped)).isEmpty();
    }

    @Test
    void filesWithThePreviousNamesAreFineAndReported() {
        assertThat(OldNames.in(shipped)).isEmpty();
        RouteFiles previous = RouteFiles.of(OldRouteFiles.of(shipped.texts()));
        assertThat(check.problems(previous)).isEmpty();
        assertThat(OldNames.in(previous).stream().map(Problem::toString))
                .satisfiesExactly(
                        line -> assertThat(line)
                                .isEqualTo(
                                        "alerts.camel.yaml:4: 'org.pgsteward.alert.TellingRule' works for this version"
                                                + " only; write org.pgsteward.alert.NotificationPolicy"),
                        line -> assertThat(line).contains("'feed-deaf' works", "write feed-stale"),
                        line -> assertThat(line).contains("{{pgsteward.alerts.look}}", "{{pgsteward.alerts.tick}}"),
                        line -> assertThat(line).contains("{{pgsteward.alerts.look}}", "{{pgsteward.alerts.tick}}"),
                        line -> assertThat(line).contains("'alerts.told' works", "write alerts.notified"),
                        line -> assertThat(line)
                                .startsWith("ping.camel.yaml")
                                .contains("'overdue.isAllProved' works", "write overdue.areAllVerified"),
                        line -> assertThat(line)
                                .startsWith("receivers/email")
                                .contains("{{pgsteward.mail.starttls-required}}"),
                        line -> assertThat(line)
                                .startsWith("receivers/webhook")
                                .contains("{{pgsteward.webhook.connect-timeout}}"),
                        line -> assertThat(line).contains("{{pgsteward.reproof.tick}}"),
                        line -> assertThat(line).contains("'reproof' works", "write reverification"),
                        line -> assertThat(line).contains("{{pgsteward.reproof.count}}"));
    }

    @Test
    void thereAreMistakesEnough() {
        assertThat(Corpus.all()).hasSizeGreaterThanOrEqualTo(40);
    }

    @ParameterizedTest
    @MethodSource("mistakes")
    void reportsEachMistakeWithItsLine(Corpus.Mistake mistake, @TempDir Path routes) throws Exception {
        List<Problem> problems = check.problems(read(mistake, routes));

        assertThat(problems).as("problems of %s", mistake).isNotEmpty();
        assertThat(problems).anySatisfy(problem -> {
            assertThat(problem.file()).isEqualTo(mistake.file());
            assertThat(problem.toString()).contains(mistake.says());
            if (mistake.line() > 0) {
                assertThat(problem.line()).isEqualTo(mistake.line());
            }
        });
        assertThat(problems.toString()).doesNotContain("geheim");
    }

    @Test
    void saysAllThatIsWrongAtOnce() {
        SortedMap<String, String> texts = new TreeMap<>(shipped.texts());
        texts.computeIfPresent(
                "monitor.camel.yaml", (file, text) -> text.replace("timer:monitor-host", "tmer:monitor-host"));
        texts.computeIfPresent("alerts.camel.yaml", (file, text) -> text.replace("groupFrom:", "groupForm:"));
        texts.put("operators.camel.yaml", "- rout: {}\n");

        assertThat(check.problems(RouteFiles.of(texts)))
                .extracting(Problem::file)
                .contains("alerts.camel.yaml", "monitor.camel.yaml", "operators.camel.yaml");
    }

    /** Each of these once ran as soon as the files were checked, and the check then reported "fine". */
    @ParameterizedTest
    @ValueSource(
            strings = {
                "{name: op, type: java.io.FileOutputStream, constructors: {0: 'PRECIOUS'}}",
                "{name: op, type: java.io.FileWriter, constructors: {0: 'PRECIOUS'}}",
                "{name: op, type: org.pgsteward.alert.NotificationPolicy, type: java.io.FileWriter, constructors: {0: 'PRECIOUS'}}",
                "{name: op, type: java.lang.ProcessBuilder, constructors: {0: '/usr/bin/touch', 1: 'MARK'}, initMethod: start}",
                "{name: rt, type: java.lang.Runtime, factoryMethod: getRuntime}, {name: op, type: java.lang.Object,"
                        + " script: '${bean:rt?method=exec(''/usr/bin/touch MARK'')}'}",
                "{name: op, type: org.pgsteward.backup.RetentionPolicies, constructors: {0: '#class:java.io.FileWriter(\"PRECIOUS\")'}}",
            })
    void refusedRoutesDoNotRun(String beans, @TempDir Path victim) throws Exception {
        Path precious = Files.writeString(victim.resolve("precious"), "precious");
        Path mark = victim.resolve("mark");
        SortedMap<String, String> texts = new TreeMap<>(shipped.texts());
        texts.put(
                "operators.camel.yaml",
                "- beans: [" + beans.replace("PRECIOUS", precious.toString()).replace("MARK", mark.toString()) + "]\n"
                        + "- route: {id: op-route, from: {uri: 'timer:op', steps: [{log: x}]}}\n");

        List<Problem> problems = check.problems(RouteFiles.of(texts));

        assertThat(problems).extracting(Problem::file).containsOnly("operators.camel.yaml");
        assertThat(problems).extracting(Problem::line).contains(1);
        assertThat(precious).hasContent("precious");
        assertThat(mark).doesNotExist();
    }

    /** Camel decodes an address, so the check decodes the text of a file as Camel does. */
    @ParameterizedTest
    @ValueSource(
            strings = {
                "{uri: \"log:x?exchangeFormatter=%23class:java.io.FileOutputStream('PRECIOUS')\"}",
                "{uri: \"log:x?exchangeFormatter=%2523class:java.io.FileOutputStream('PRECIOUS')\"}",
                "{uri: log:x, parameters: {exchangeFormatter: \"%23class:java.io.FileOutputStream('PRECIOUS')\"}}",
                "{uri: log:x, parameters: {exchangeFormatter: \"{{pgsteward.x:%23class}}:java.io.FileOutputStream('PRECIOUS')\"}}",
                "{uri: \"log:x?exchangeFormatter=%23class:java.net.Socket('127.0.0.1',PORT)\"}",
                "{uri: \"log:x?exchangeFormatter=%23class:java.nio.file.Files%23delete('PRECIOUS')\"}",
            })
    void makesNoObjectOfAnOption(String to, @TempDir Path victim) throws Exception {
        Path precious = Files.writeString(victim.resolve("precious"), "precious");
        try (ServerSocketChannel server = ServerSocketChannel.open()) {
            server.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
            server.configureBlocking(false);
            int port = ((InetSocketAddress) server.getLocalAddress()).getPort();
            SortedMap<String, String> texts = new TreeMap<>(shipped.texts());
            texts.put("operators.camel.yaml", """
                    - route:
                        id: op-route
                        from:
                          uri: timer:op
                          steps:
                            - to: %s
                    """.formatted(
                            to.replace("PRECIOUS", precious.toString()).replace("PORT", Integer.toString(port))));

            List<Problem> problems = check.problems(RouteFiles.of(texts));

            assertThat(precious).hasContent("precious");
            assertThat(server.accept()).as("a connection").isNull();
            assertThat(problems).extracting(Problem::file).containsOnly("operators.camel.yaml");
            assertThat(problems).extracting(Problem::line).containsExactly(6);
        }
    }

    @Test
    void makesNothingAndOpensNothing() throws Exception {
        check.problems(shipped);

        assertThat(folder.resolve("state")).doesNotExist();
    }

    /**
     * Some dozens of checks show a leak of one thread or class per check as well as a thousand, which would take two
     * minutes.
     */
    @Test
    void manyChecksLeaveNeitherThreadsNorClasses() {
        SortedMap<String, String> texts = new TreeMap<>(shipped.texts());
        texts.put("operators.camel.yaml", "- route:\n    id: op\n    from: {uri: fil:x, steps: [{log: x}]}\n");
        RouteFiles broken = RouteFiles.of(texts);
        ThreadMXBean threads = ManagementFactory.getThreadMXBean();
        ClassLoadingMXBean classes = ManagementFactory.getClassLoadingMXBean();
        // The first twenty checks load classes and make the JVM generate its accessors for reflection.
        checkOften(broken, 20);
        int threadsBefore = threads.getThreadCount();
        int classesBefore = classes.getLoadedClassCount();
        checkOften(broken, Integer.getInteger("pgsteward.checks", 40));
        int threadsAfter = threads.getThreadCount();
        int classesAfter = classes.getLoadedClassCount();

        // The figures are read before the first assertion, which loads classes of its own.
        assertThat(threadsAfter).isLessThan(threadsBefore + 5);
        assertThat(classesAfter).isLessThan(classesBefore + 40);
    }

    private void checkOften(RouteFiles broken, int times) {
        for (int i = 0; i < times; i++) {
            check.problems(i % 2 == 0 ? shipped : broken);
        }
    }

    private RouteFiles read(Corpus.Mistake mistake, Path routes) throws Exception {
        for (Map.Entry<String, String> file : shipped.texts().entrySet()) {
            Path copy = routes.resolve(file.getKey());
            Files.createDirectories(copy.getParent());
            Files.writeString(copy, file.getValue());
        }
        Files.write(routes.resolve(mistake.file()), mistake.content());
        return RouteFiles.read(routes);
    }
}
