package org.pgsteward.monitor;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.networknt.schema.JsonSchema;
import com.networknt.schema.JsonSchemaFactory;
import com.networknt.schema.SpecVersion;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.pgsteward.io.YamlTree;
import org.snakeyaml.engine.v2.nodes.Node;

@Tag("fast")
class ThresholdsFileTest {
    private static final Path SHIPPED = Path.of("routes/thresholds.yaml");
    private static final Path SCHEMA = Path.of("routes/thresholds.schema.json");

    @Test
    void theShippedFileHasEveryFigure() throws Exception {
        Node shipped = YamlTree.read("", Files.readString(SHIPPED)).orElseThrow();
        Set<String> figures = new TreeSet<>();
        YamlTree.tuples(shipped)
                .forEach(tuple -> figures.add(YamlTree.text(tuple.getKeyNode()).orElseThrow()));

        assertThat(figures).isEqualTo(ThresholdsFile.keys().keySet());
    }

    @Test
    void aKeyThatTheFileDoesNotHaveIsAsShipped() {
        MonitorRules thresholds = read("connections: {critical: 97%}");

        Threshold connections =
                databaseRule(thresholds, "connections-near-maximum").threshold("vikunja");
        assertThat(connections.warn()).contains(80.0);
        assertThat(connections.critical()).contains(97.0);
        assertThat(databaseRule(thresholds, "lock-waiting").threshold("vikunja").warn())
                .contains(60.0);
    }

    @Test
    void aFigureOrAServiceCanBeSwitchedOff() {
        assertThat(databaseRule(read("lock-wait: off"), "lock-waiting")
                        .threshold("vikunja")
                        .isOff())
                .isTrue();
        MonitorRules some = read("""
                open-transaction:
                  services:
                    wiki: off
                    vikunja: {warn: 2h, critical: 6h}
                """);
        assertThat(databaseRule(some, "transaction-long").threshold("wiki").isOff())
                .isTrue();
        assertThat(databaseRule(some, "transaction-long").threshold("vikunja").critical())
                .contains(21_600.0);
        assertThat(databaseRule(some, "transaction-long").threshold("gitea").warn())
                .contains(3600.0);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "conections: {warn: 80%}             | 1 | there is no figure 'conections'; did you mean 'connections'?",
                "'disk:\n  warn: 80%\n  lastin: 5m'  | 3 | disk has no key 'lastin'; did you mean 'lasting'?",
                "'disk:\n  critical: 90%\n  warn: lots' | 3 | disk: warn is 'lots': write a share such as 80%, or off",
                "'disk:\n  warn: 97%'                | 2 | disk: critical is 95%: it must be at least warn, which is 97%",
                "'disk:\n  critical: 80%'            | 2 | disk: critical is 80%: it must be at least warn, which is 85%",
                "'disk: [80%]'                       | 1 | disk is not a mapping: write it as",
                "'disk: 80%'                         | 1 | disk is not a mapping: write it as",
                "'disk: {warn: {a: b}}'              | 1 | disk: warn is not a single value",
                "'- disk'                            | 1 | the file is not a mapping",
                "'disk: {warn: 80%'                  | 1 | it is not valid YAML",
                "'disk: {warn: 80%}\ndisk: {warn: 81%}' | 2 | disk appears twice",
                "'memory:\n  samples: 0'             | 2 | memory: samples is 0",
                "'memory:\n  samples: many'          | 2 | memory: samples is 'many': write a number such as 2",
                "'memory: {services: {a: 80%}}'      | 1 | memory has no key 'services'",
                "'logins: {enabled: maybe}'          | 1 | logins: enabled is 'maybe': write true or false",
                "'lock-wait:\n  services:\n    a: {warn: 9m, critical: 8m}' | 3 | lock-wait: critical of a is 8 min",
                "'lock-wait: {services: {a: {lasting: 8m}}}' | 1 | lock-wait: a has no key 'lasting'"
            })
    void reportsEachMistakeWithItsLine(String text, int line, String message) {
        assertThatThrownBy(() -> read(text))
                .isInstanceOfSatisfying(
                        WrongThreshold.class, wrong -> assertThat(wrong.line()).isEqualTo(line))
                .hasMessageContaining(message);
    }

    @Test
    void refusesTooLargeFiles() {
        assertThatThrownBy(() -> read("disk: {warn: '" + "8".repeat(101) + "'}"))
                .hasMessageContaining("disk: warn has 101 characters");
        StringBuilder services = new StringBuilder("lock-wait:\n  services:\n");
        for (int i = 0; i <= 1000; i++) {
            services.append("    s").append(i).append(": off\n");
        }
        assertThatThrownBy(() -> read(services.toString())).hasMessageContaining("more than 1000 services");
    }

    @Test
    void aByteOrderMarkIsNoFault() {
        assertThat(databaseRule(read("\uFEFFlock-wait: {warn: 2m}"), "lock-waiting")
                        .threshold("vikunja")
                        .warn())
                .contains(120.0);
    }

    @Test
    void anOldVariableGoesBeforeTheFileAndSaysItsNewPlace() {
        Map<String, String> given = Map.of(
                "pgsteward.watch.disk.warn", "70%",
                "pgsteward.watch.idle.services", "vikunja=2h, gitea=1h/6h, wiki=off",
                "pgsteward.memory.samples", "3",
                "pgsteward.monitor.postgres.failures", "5",
                "pgsteward.watch.logins", "false",
                "pgsteward.watch.period", "2m",
                "pgsteward.memory.period", "2m");
        Map<OldLevels.Old, String> old = OldLevels.among(given.keySet(), key -> Optional.ofNullable(given.get(key)));

        assertThat(old.keySet().stream().map(OldLevels.Old::key))
                .doesNotContain("pgsteward.watch.period", "pgsteward.memory.period")
                .hasSize(5);
        MonitorRules thresholds = ThresholdsFile.read(Optional.of("disk: {warn: 80%}"), old);
        assertThat(thresholds.host().get(0).threshold("/").warn()).contains(70.0);
        MetricRule<DatabaseObservation> idle = databaseRule(thresholds, "transaction-idle");
        assertThat(idle.threshold("gitea").critical()).contains(21_600.0);
        assertThat(idle.threshold("wiki").isOff()).isTrue();
        assertThat(thresholds.memory().samples()).isEqualTo(3);
        assertThat(thresholds.postgres().failures()).isEqualTo(5);
        assertThat(thresholds.logins().enabled()).isFalse();
        assertThat(old.entrySet().stream().map(setting -> setting.getKey().advice(setting.getValue())))
                .contains("PGSTEWARD_WATCH_DISK_WARN is read for this version only; write 'disk: {warn: 70%}' into"
                        + " routes/thresholds.yaml");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "pgsteward.watch.disk.warn     | lots    | disk: warn is 'lots': write a share such as 80%, or off (set by PGSTEWARD_WATCH_DISK_WARN)",
                "pgsteward.watch.idle.services | vikunja | idle-transaction: services has 'vikunja': write SERVICE=LEVEL"
            })
    void aWrongOldVariableIsNamed(String key, String value, String message) {
        assertThatThrownBy(() -> ThresholdsFile.read(
                        Optional.empty(), OldLevels.among(List.of(key), same -> Optional.of(value))))
                .hasMessageContaining(message);
    }

    /** An editor with the schema must accept exactly the texts that pgsteward accepts. */
    @ParameterizedTest
    @MethodSource
    void theSchemaAgrees(String text, boolean fine) throws Exception {
        JsonSchema schema =
                JsonSchemaFactory.getInstance(SpecVersion.VersionFlag.V202012).getSchema(Files.readString(SCHEMA));
        assertThat(schema.validate(json(YamlTree.read("", text).orElseThrow())).isEmpty())
                .as("accepted by the schema")
                .isEqualTo(fine);
        assertThat(isRead(text)).as("accepted by pgsteward").isEqualTo(fine);
    }

    static Stream<org.junit.jupiter.params.provider.Arguments> theSchemaAgrees() throws Exception {
        List<org.junit.jupiter.params.provider.Arguments> texts = new ArrayList<>();
        texts.add(org.junit.jupiter.params.provider.Arguments.of(Files.readString(SHIPPED), true));
        for (String good : List.of(
                "lock-wait: off",
                "lock-wait: {warn: 90 s, critical: 1h30m}",
                "lock-wait: {services: {wiki: off, vikunja: {warn: 2h, critical: off}}}",
                "disk: {warn: 80.5%, clear: 70%, lasting: 0s}",
                "memory: {warn: 200m, critical: 1.5g, clear: 100m}",
                "database-size: {warn: 20g}",
                "transaction-ids: {warn: 500k, critical: 900m}",
                "logins: {enabled: false, again: 2h}")) {
            texts.add(org.junit.jupiter.params.provider.Arguments.of(good, true));
        }
        for (String bad : List.of(
                "locks: off",
                "lock-wait: {warn: 80%}",
                "lock-wait: {warn: 1m1h}",
                "lock-wait: {warn: 60}",
                "disk: {warn: 5m}",
                "disk: {lastin: 5m}",
                "database-size: {warn: 80%}",
                "transaction-ids: {warn: 5x}",
                "memory: {samples: many}",
                "memory: {services: {a: off}}",
                "postgres: {failures: x}",
                "logins: {enabled: maybe}",
                "lock-wait: {services: {a: {lasting: 5m}}}")) {
            texts.add(org.junit.jupiter.params.provider.Arguments.of(bad, false));
        }
        return texts.stream();
    }

    private static boolean isRead(String text) {
        try {
            read(text);
            return true;
        } catch (WrongThreshold wrong) {
            return false;
        }
    }

    private static JsonNode json(Node node) {
        ObjectMapper json = new ObjectMapper();
        if (YamlTree.text(node).isPresent()) {
            return json.getNodeFactory().textNode(YamlTree.text(node).get());
        }
        ObjectNode object = json.createObjectNode();
        YamlTree.tuples(node)
                .forEach(tuple ->
                        object.set(YamlTree.text(tuple.getKeyNode()).orElseThrow(), json(tuple.getValueNode())));
        return object;
    }

    private static MonitorRules read(String text) {
        return ThresholdsFile.read(Optional.of(text), Map.of());
    }

    private static MetricRule<DatabaseObservation> databaseRule(MonitorRules thresholds, String kind) {
        return thresholds.databases().stream()
                .filter(rule -> rule.kind().equals(kind))
                .findFirst()
                .orElseThrow();
    }
}
