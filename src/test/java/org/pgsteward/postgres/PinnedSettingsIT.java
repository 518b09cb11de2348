package org.pgsteward.postgres;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** A database whose owner has set every possible setting to its most harmful value. */
@NeedsPostgres
class PinnedSettingsIT {
    /** Harmful values of settings for which the opposite, the smallest or the first other value is harmless. */
    private static final Map<String, String> HURTS = Map.of(
            "search_path", "theirs",
            "role", "theirs",
            "session_authorization", "theirs",
            "local_preload_libraries", "not_there",
            "client_min_messages", "debug5",
            "default_transaction_isolation", "serializable",
            "DateStyle", "German",
            "statement_timeout", "1",
            "lock_timeout", "1",
            "tcp_user_timeout", "1");

    /** Settings that cannot be set on a database, or that each session sets itself. */
    private static final List<String> NOT_SET = List.of(
            "client_encoding",
            "application_name",
            "transaction_isolation",
            "transaction_deferrable",
            "vacuum_buffer_usage_limit");

    private static final List<TestCluster> CLUSTERS = new ArrayList<>();

    @BeforeAll
    static void start() throws Exception {
        Programs usual = TestCluster.programs();
        Programs newest = Programs.newest(Optional.empty()).orElseThrow();
        for (Programs programs : usual.major() == newest.major() ? List.of(usual) : List.of(usual, newest)) {
            CLUSTERS.add(TestCluster.start(programs));
        }
        for (TestCluster cluster : CLUSTERS) {
            cluster.run(
                    "homelab",
                    "CREATE ROLE theirs",
                    "CREATE DATABASE theirs OWNER theirs TEMPLATE template0",
                    "CREATE DATABASE again OWNER theirs TEMPLATE template0");
            cluster.run(
                    "theirs",
                    "CREATE SCHEMA theirs AUTHORIZATION theirs",
                    // The functions of the owner. They would precede those of the catalog if search_path were the
                    // owner's.
                    "CREATE FUNCTION theirs.lower(text) RETURNS text LANGUAGE sql AS $$ SELECT 'theirs' $$",
                    "CREATE TABLE theirs.kept (id int, names text[])",
                    "INSERT INTO theirs.kept VALUES (1, ARRAY['a', NULL, 'c'])");
            setEverything(cluster, "theirs");
            setEverything(cluster, "again");
        }
    }

    @AfterAll
    static void stop() throws IOException {
        for (TestCluster cluster : CLUSTERS) {
            cluster.close();
        }
    }

    private static void setEverything(TestCluster cluster, String database) throws Exception {
        StringBuilder script = new StringBuilder("SET SESSION AUTHORIZATION theirs;\n");
        Map<String, String> hostile = new LinkedHashMap<>();
        for (String line : cluster.cluster().sql("postgres", """
                SELECT name || '|' || CASE vartype
                           WHEN 'bool' THEN CASE setting WHEN 'on' THEN 'off' ELSE 'on' END
                           WHEN 'enum' THEN (SELECT min(v) FROM unnest(enumvals) AS v WHERE v <> setting)
                           WHEN 'string' THEN setting ELSE CASE WHEN min_val::numeric > 0 THEN min_val ELSE '1' END END
                  FROM pg_catalog.pg_settings WHERE context = 'user' ORDER BY name""").split("\n", -1)) {
            if (line.isEmpty()) {
                continue;
            }
            hostile.put(line.substring(0, line.indexOf('|')), line.substring(line.indexOf('|') + 1));
        }
        hostile.putAll(HURTS);
        hostile.keySet().removeAll(NOT_SET);
        hostile.forEach((name, value) -> script.append("ALTER DATABASE " + database + " SET " + name + " = "
                + (value.isEmpty() ? "''" : Quote.literal(value)) + ";\n"));
        cluster.cluster().sql("postgres", script.toString());
    }

    @Test
    void everySettingOfEveryVersionIsPinnedOrLeftForAReason() throws Exception {
        for (TestCluster cluster : CLUSTERS) {
            List<String> unknown = new ArrayList<>();
            for (String name : cluster.cluster()
                    .sql("postgres", "SELECT name FROM pg_catalog.pg_settings WHERE context = 'user'")
                    .split("\n", -1)) {
                if (name.isEmpty()) {
                    continue;
                }
                boolean pinned =
                        PinnedSettings.ALL.stream().anyMatch(pin -> pin.name().equals(name));
                boolean left = PinnedSettings.LEFT.stream().anyMatch(name::startsWith);
                if (!pinned && !left) {
                    unknown.add(name);
                }
            }
            assertThat(unknown).as("settings neither pinned nor exempt").isEmpty();
        }
    }

    /** Without this check, the other tests here would prove nothing. */
    @Test
    void theOwnersValuesAreInForceForOthers() throws Exception {
        for (TestCluster cluster : CLUSTERS) {
            // All pins except the two that the test reads. Without the others a session is hardly possible.
            String options = PinnedSettings.options(cluster.server().majorVersion())
                    .replace("-c search_path= ", "")
                    .replace("-c array_nulls=on ", "");
            try (ClientProgram psql = cluster.server()
                    .start(
                            UnprivilegedUser.ofThisProcess(),
                            List.of(
                                    cluster.cluster().program("psql"),
                                    "-XAtq",
                                    "-c",
                                    "SHOW search_path",
                                    "-c",
                                    "SHOW array_nulls"),
                            "theirs",
                            options)) {
                assertThat(new String(psql.output().readAllBytes(), StandardCharsets.UTF_8))
                        .contains("theirs")
                        .contains("off");
            }
        }
    }

    @Test
    void ourSessionsAreOurs() throws Exception {
        for (TestCluster cluster : CLUSTERS) {
            try (Connection connection = cluster.server().connect("theirs");
                    Statement statement = connection.createStatement()) {
                for (PinnedSettings.Pin pin : PinnedSettings.ALL) {
                    if (pin.since() <= cluster.server().majorVersion()) {
                        // For these settings 0 selects the system's value, which SHOW then returns.
                        String value = pin.name().startsWith("tcp_keepalives") ? "[0-9]{1,4}" : pin.value();
                        assertThat(one(statement, "SHOW " + pin.name()))
                                .as(pin.name())
                                .matches(value + ".*")
                                .isNotEqualTo("1");
                    }
                }
                assertThat(one(statement, "SELECT session_user || ' ' || current_user || ' ' || lower('X')"))
                        .isEqualTo("homelab homelab x");
                statement.execute("CREATE TABLE theirs.made AS SELECT 1 AS n");
                statement.execute("DROP TABLE theirs.made");
            }
        }
    }

    private static String one(Statement statement, String sql) throws SQLException {
        try (ResultSet row = statement.executeQuery(sql)) {
            row.next();
            return String.valueOf(row.getString(1)).replace("\"\"", "");
        }
    }

    @Test
    void dumpAndRestoreKeepAllRows() throws Exception {
        for (TestCluster cluster : CLUSTERS) {
            Server server = cluster.server();
            server.majorVersion();
            byte[] dump;
            try (ClientProgram program = server.start(
                    UnprivilegedUser.ofThisProcess(),
                    List.of(cluster.cluster().program("pg_dump"), "-Fc", "--no-password"),
                    "theirs",
                    server.ownSettings())) {
                dump = program.output().readAllBytes();
                program.awaitSuccess();
            }
            try (ClientProgram program = server.start(
                    UnprivilegedUser.ofThisProcess(),
                    List.of(
                            cluster.cluster().program("pg_restore"),
                            "--exit-on-error",
                            "--no-password",
                            "--dbname=again"),
                    "again",
                    server.ownSettings())) {
                program.answer(StandardCharsets.UTF_8, stdin -> {
                    try (stdin) {
                        stdin.write(dump);
                    }
                });
            }
            try (Connection connection = server.connect("again");
                    Statement statement = connection.createStatement()) {
                assertThat(one(statement, "SELECT names[2] IS NULL FROM theirs.kept"))
                        .isEqualTo("t");
            }
        }
    }
}
