package org.pgsteward.backup;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.pgsteward.model.Secret;
import org.pgsteward.postgres.Programs;
import org.pgsteward.postgres.Server;
import org.pgsteward.postgres.TestCluster;

/** The contents of a database, for comparisons, and the statements for a database with every kind of object. */
public final class Contents {
    private static final String[] EVERYTHING = {
        "SET search_path = public",
        "CREATE EXTENSION citext",
        "CREATE EXTENSION hstore",
        "CREATE TYPE mood AS ENUM ('fine', 'not so fine')",
        "CREATE TABLE \"MixedCase\" (id SERIAL PRIMARY KEY, name CITEXT UNIQUE, tags HSTORE, how MOOD)",
        "INSERT INTO \"MixedCase\" (name, tags, how)"
                + " SELECT 'Name ' || n, hstore('k', n::text), 'fine' FROM generate_series(1, 100) AS n",
        "CREATE TABLE \"Grüße 漢字 🐘\" (\"ключ\" INT, content BYTEA)",
        "INSERT INTO \"Grüße 漢字 🐘\" SELECT n, decode(md5(n::text), 'hex') FROM generate_series(1, 50) AS n",
        "CREATE TABLE \"a \"\"quoted\"\" name; DROP TABLE x; -- |\\\" (\"a\"\"b\" TEXT)",
        "INSERT INTO \"a \"\"quoted\"\" name; DROP TABLE x; -- |\\\" VALUES ('it''s \\ | \n \t here'), (NULL)",
        "CREATE TABLE measured (at DATE NOT NULL, value NUMERIC) PARTITION BY RANGE (at)",
        "CREATE TABLE measured_2025 PARTITION OF measured FOR VALUES FROM ('2025-01-01') TO ('2026-01-01')",
        "INSERT INTO measured SELECT DATE '2025-12-01' + n, n FROM generate_series(0, 29) AS n",
        "CREATE TABLE generated (a INT, b INT GENERATED ALWAYS AS (a * 2) STORED)",
        "INSERT INTO generated (a) SELECT n FROM generate_series(1, 30) AS n",
        "CREATE TABLE empty (id INT REFERENCES \"MixedCase\")",
        "CREATE VIEW seen AS SELECT count(*) FROM \"MixedCase\"",
        "CREATE MATERIALIZED VIEW kept AS SELECT * FROM generated WITH DATA",
        "CREATE SEQUENCE counter START 41",
        "SELECT nextval('counter')",
        "CREATE SCHEMA \"Other Schema\"",
        "CREATE TABLE \"Other Schema\".\"MixedCase\" (id INT)",
        "INSERT INTO \"Other Schema\".\"MixedCase\" VALUES (1), (2), (3)",
        "CREATE TABLE guarded (id INT)",
        "INSERT INTO guarded VALUES (1), (2)",
        "ALTER TABLE guarded ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY",
        "CREATE POLICY nobody ON guarded USING (false)",
        "CREATE FUNCTION twice(n INT) RETURNS INT LANGUAGE sql IMMUTABLE AS 'SELECT n * 2'",
        "CREATE INDEX ON generated (twice(a))",
        "CREATE FUNCTION touched() RETURNS TRIGGER LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END'",
        "CREATE TRIGGER touch BEFORE INSERT ON generated FOR EACH ROW EXECUTE FUNCTION touched()",
        "COMMENT ON TABLE generated IS 'with a comment'",
        "GRANT SELECT ON generated TO PUBLIC",
        "ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT SELECT ON TABLES TO PUBLIC",
        "CREATE PUBLICATION of_one FOR TABLE generated",
        "SELECT lo_from_bytea(4711, '\\xdeadbeef')"
    };

    private Contents() {}

    /** Returns statements for every kind of object that a service may create, with every kind of name. */
    public static String[] everything() {
        return EVERYTHING.clone();
    }

    /** Runs the statements in one session of {@code role}. */
    public static void runAs(Server server, String role, Secret password, String database, String... statements)
            throws SQLException {
        try (Connection connection = server.connectAs(role, password, database);
                Statement statement = connection.createStatement()) {
            for (String sql : statements) {
                statement.execute(sql);
            }
        }
    }

    /** Returns the first column of the result. */
    public static List<String> rows(Server server, String database, String sql) throws SQLException {
        try (Connection connection = server.connect(database);
                Statement statement = connection.createStatement();
                ResultSet result = statement.executeQuery(sql)) {
            List<String> rows = new ArrayList<>();
            while (result.next()) {
                rows.add(result.getString(1));
            }
            return rows;
        }
    }

    /**
     * Returns the number of rows and a hash of the ordered rows of each table. It adds the values of sequences and
     * large objects.
     */
    public static Map<String, String> of(Server server, String database) throws SQLException {
        Map<String, String> content = new TreeMap<>();
        for (String table : rows(
                server,
                database,
                "SELECT format('%I.%I', n.nspname, c.relname) FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace"
                        + " WHERE c.relkind IN ('r', 'm') AND n.nspname NOT IN ('pg_catalog', 'information_schema')")) {
            content.put(
                    table,
                    rows(
                                    server,
                                    database,
                                    "SELECT count(*) || ' ' || COALESCE(md5(string_agg(t::text, E'\\n' ORDER BY t::text)), '')"
                                            + " FROM ONLY " + table + " AS t")
                            .get(0));
        }
        content.put(
                "sequences",
                String.join(
                        ", ",
                        rows(
                                server,
                                database,
                                "SELECT concat_ws(' ', schemaname, sequencename, last_value) FROM pg_sequences ORDER BY 1")));
        content.put(
                "large objects",
                String.join(
                        ", ",
                        rows(server, database, "SELECT loid || encode(data, 'hex') FROM pg_largeobject ORDER BY 1")));
        return content;
    }

    /** Returns the schema in the form of {@code pg_dump}, with owners, privileges and comments. */
    public static String schema(TestCluster cluster, Programs programs, String database)
            throws IOException, InterruptedException {
        ProcessBuilder dump = new ProcessBuilder(
                        programs.path("pg_dump").toString(), "--schema-only", "--dbname=" + database)
                .redirectError(ProcessBuilder.Redirect.INHERIT);
        dump.environment().putAll(environment(cluster));
        Process process = dump.start();
        String text = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        if (process.waitFor() != 0) {
            throw new IOException("pg_dump of " + database + " failed");
        }
        // Newer versions of pg_dump begin and end a script with a random key.
        return text.lines()
                .filter(line -> !line.matches("\\\\(un)?restrict .*"))
                .collect(Collectors.joining("\n"));
    }

    /** Returns the variables with which PostgreSQL's programs connect as the administrator. */
    public static Map<String, String> environment(TestCluster cluster) {
        return Map.of(
                "PGHOST", cluster.server().address().host(),
                "PGPORT", Integer.toString(cluster.server().address().port()),
                "PGUSER", cluster.server().address().user(),
                "PGPASSWORD", TestCluster.PASSWORD.reveal());
    }
}
