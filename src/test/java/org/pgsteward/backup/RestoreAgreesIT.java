package org.pgsteward.backup;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.sql.SQLException;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.Timeout;
import org.pgsteward.Wiring;
import org.pgsteward.model.Backup;
import org.pgsteward.model.BackupState;
import org.pgsteward.model.Secret;
import org.pgsteward.postgres.NeedsPostgres;
import org.pgsteward.postgres.Quote;
import org.pgsteward.postgres.Server;
import org.pgsteward.routing.Pipeline;
import org.pgsteward.routing.TestHost;

/** Hard databases: the verification and the restore come to the same answer. */
@NeedsPostgres
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@Timeout(value = 3, unit = TimeUnit.MINUTES)
class RestoreAgreesIT {
    private static final Secret PASSWORD = new Secret("pw");

    private TestHost host;
    private Wiring wiring;
    private Server server;
    private Pipeline pipeline;

    @BeforeAll
    void startHost() throws Exception {
        host = TestHost.start();
        wiring = host.wiring();
        wiring.house.order();
        server = host.cluster().server();
        pipeline = wiring.backupPipeline().start();
    }

    @AfterAll
    void stopHost() throws Exception {
        pipeline.close();
        host.close();
    }

    @AfterEach
    void nothingIsLeftBehind() throws SQLException {
        assertThat(host.rows(
                        "homelab",
                        "SELECT datname FROM pg_database WHERE datname LIKE 'pgsteward%'"
                                + " UNION ALL SELECT rolname FROM pg_roles WHERE rolname LIKE 'pgsteward%'"))
                .isEmpty();
    }

    /** The hash of an enum's value is that of its OID, which differs in each database. */
    @Test
    void hashPartitionsKeyedByAnEnumAreComparedAtTheirRoot() throws Exception {
        String service = service(
                "CREATE TYPE public.col AS ENUM ('a', 'b', 'c', 'd', 'e', 'f', 'g', 'h')",
                "CREATE TABLE public.one (c public.col, v int) PARTITION BY HASH (c)",
                "CREATE TABLE public.one_0 PARTITION OF public.one FOR VALUES WITH (MODULUS 2, REMAINDER 0)",
                "CREATE TABLE public.one_1 PARTITION OF public.one FOR VALUES WITH (MODULUS 2, REMAINDER 1)",
                "CREATE TABLE public.many (c public.col[], v int) PARTITION BY HASH (c)",
                "CREATE TABLE public.many_0 PARTITION OF public.many FOR VALUES WITH (MODULUS 2, REMAINDER 0)",
                "CREATE TABLE public.many_1 PARTITION OF public.many FOR VALUES WITH (MODULUS 2, REMAINDER 1)",
                // Each value as often as no other: the counts tell where each went.
                "INSERT INTO public.one SELECT (enum_range(NULL::public.col))[i], v"
                        + " FROM generate_series(1, 8) AS i, generate_series(1, 1 << i) AS v",
                "INSERT INTO public.many SELECT ARRAY[c], v FROM public.one");

        assertThat(backUp(service).state()).isEqualTo(BackupState.VERIFIED);
        Restore.Done done = wiring.restore.into(order(service, service + "_back"), RestoreProgress.QUIET);

        assertThat(done.notes()).isEmpty();
        assertThat(done.rows()).isEqualTo(1020);
        assertThat(placement(service + "_back")).isNotEqualTo(placement(service));
    }

    private List<String> placement(String database) throws SQLException {
        return host.rows(
                database,
                "SELECT concat_ws(' ', tableoid::regclass, count(*)) FROM (SELECT tableoid, v FROM public.one"
                        + " UNION ALL SELECT tableoid, v FROM public.many) AS rows GROUP BY tableoid ORDER BY 1");
    }

    /** A role and its database, as the provisioner leaves them, filled by the role itself. */
    private String service(String... statements) throws SQLException {
        String name = "s" + UUID.randomUUID().toString().replace("-", "").substring(0, 10);
        host.cluster()
                .run(
                        "homelab",
                        "CREATE ROLE " + name + " LOGIN PASSWORD " + Quote.literal(PASSWORD.reveal()),
                        "CREATE DATABASE " + name + " OWNER " + name + " TEMPLATE template0",
                        "REVOKE ALL ON DATABASE " + name + " FROM PUBLIC");
        Contents.runAs(server, name, PASSWORD, name, statements);
        return name;
    }

    private Backup backUp(String database) throws SQLException {
        Backup backup = host.backUp(wiring, database);
        assertThat(backup.state()).as(backup.error()).isIn(BackupState.VERIFIED, BackupState.UNVERIFIABLE);
        return backup;
    }

    private Restore.Order order(String service, String database) throws IOException {
        return new Restore.Order(Inventory.of(wiring.store).of(service).get(0), service, database);
    }
}
