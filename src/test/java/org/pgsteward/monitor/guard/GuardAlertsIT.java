package org.pgsteward.monitor.guard;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Path;
import java.sql.SQLException;
import java.time.Duration;
import java.time.ZoneOffset;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import org.apache.camel.CamelContext;
import org.apache.camel.builder.RouteBuilder;
import org.apache.camel.impl.DefaultCamelContext;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.pgsteward.alert.Alert;
import org.pgsteward.alert.AlertRegistry;
import org.pgsteward.alert.SettableClock;
import org.pgsteward.alert.Silences;
import org.pgsteward.camel.RouteClient;
import org.pgsteward.camel.RouteReporter;
import org.pgsteward.io.Json;
import org.pgsteward.journal.Tables;
import org.pgsteward.model.CommandPrefix;
import org.pgsteward.model.Condition;
import org.pgsteward.model.Console;
import org.pgsteward.model.Secret;
import org.pgsteward.model.Severity;
import org.pgsteward.postgres.NeedsPostgres;
import org.pgsteward.postgres.TestCluster;
import org.pgsteward.postgres.guard.AutovacuumWorker;
import org.pgsteward.postgres.guard.DiskTaken;
import org.pgsteward.postgres.guard.DiskUnit;
import org.pgsteward.postgres.guard.MemoryTaken;
import org.pgsteward.postgres.guard.ServerGuard;
import org.pgsteward.postgres.guard.TerminatedSession;

/** Alerts of the guard on a real PostgreSQL, with invented incidents. */
@NeedsPostgres
class GuardAlertsIT {
    private static final Secret PASSWORD = new Secret("its-own");
    private static final long MIB = 1 << 20;
    private static final Duration FIRST_PAUSE = Duration.ofMinutes(5);

    private final SettableClock clock = new SettableClock();
    private final RouteClient routeClient = new RouteClient();
    private final CamelContext camel = new DefaultCamelContext();

    @TempDir
    private Path state;

    private TestCluster cluster;
    private AlertRegistry alerts;
    private ServerGuard guard;
    private GuardAlerts guardAlerts;
    private long free = 100_000 * MIB;

    @BeforeEach
    void start() throws Exception {
        cluster = TestCluster.start();
        new Tables(cluster.server().managementDatabase()).prepare();
        cluster.run(
                "homelab",
                "CREATE ROLE wiki LOGIN CONNECTION LIMIT 100 PASSWORD '" + PASSWORD.reveal() + "'",
                "CREATE DATABASE wiki OWNER wiki",
                "INSERT INTO public.service_configs (service_name, database_name, role_name) VALUES ('wiki', 'wiki', 'wiki')");
        alerts = new AlertRegistry(
                state,
                new Silences(state, Json.mapper(), clock),
                Json.mapper(),
                clock,
                ZoneOffset.UTC,
                CommandPrefix.PLAIN);
        camel.addRoutes(new RouteBuilder() {
            @Override
            public void configure() {
                from("direct:alert-raise")
                        .process(exchange -> alerts.consider(exchange.getIn().getBody(Condition.class)));
            }
        });
        camel.start();
        routeClient.open(camel);
        guard = new ServerGuard(cluster.server(), () -> OptionalLong.of(free));
        guardAlerts = guardAlerts();
        calm();
    }

    @AfterEach
    void stop() throws Exception {
        guard.close();
        camel.close();
        cluster.close();
    }

    private GuardAlerts guardAlerts() {
        return new GuardAlerts(
                guard,
                crash -> Optional.empty(),
                alerts,
                new Console("postgresql", "homelab", "homelab"),
                new RouteReporter(routeClient),
                clock);
    }

    @Test
    void memoryShutsARoleOutForAWhile() throws Exception {
        for (int minutes : List.of(5, 15, 60, 60)) {
            memoryEndsThreeTimes();

            assertThatThrownBy(this::logIn).hasMessageContaining("not permitted to log in");
            assertThat(firing()).contains("role-paused:wiki").doesNotContain("role-shut-out:wiki");
            clock.pass(Duration.ofMinutes(minutes).minusSeconds(1));
            calm();
            assertThatThrownBy(this::logIn).hasMessageContaining("not permitted to log in");

            clock.pass(Duration.ofSeconds(11));
            calm();

            logIn();
            assertThat(limit()).isEqualTo("100");
            assertThat(firing()).noneMatch(key -> key.startsWith("role-"));
        }
    }

    @Test
    void aSessionThatCannotBeInterruptedShutsItsRoleOutForGood() throws Exception {
        guard.check();
        for (int n = 0; n < 2; n++) {
            guardAlerts.report(new ServerGuard.Result(
                    List.of(new TerminatedSession(1, "wiki", "wiki", "held 30000 locks", true, false)),
                    Optional.empty(),
                    Optional.empty(),
                    Optional.empty(),
                    List.of()));
        }

        clock.pass(Duration.ofHours(2));
        calm();
        assertThatThrownBy(this::logIn).hasMessageContaining("not permitted to log in");
        assertThat(firing()).contains("role-shut-out:wiki").doesNotContain("role-paused:wiki");
    }

    @Test
    void roleTakingTheLastDiskSpaceIsShutOutUntilSpace() throws Exception {
        free = 100 * MIB;
        guard.check();

        guardAlerts.report(new ServerGuard.Result(
                List.of(),
                Optional.empty(),
                Optional.of(new DiskTaken(
                        DiskTaken.Kind.GROWTH, DiskUnit.BYTES, "wiki", 300 * MIB, Duration.ofSeconds(20), free)),
                Optional.empty(),
                List.of()));

        assertThatThrownBy(this::logIn).hasMessageContaining("not permitted to log in");
        assertThat(firing()).contains("disk-taken:wiki", "role-paused:wiki");
        clock.pass(Duration.ofHours(2));
        calm();
        assertThatThrownBy(this::logIn).hasMessageContaining("not permitted to log in");
        assertThat(firing()).contains("role-paused:wiki").doesNotContain("disk-taken:wiki");

        free = 130 * MIB;
        clock.pass(Duration.ofSeconds(11));
        calm();
        logIn();
        assertThat(limit()).isEqualTo("100");
        assertThat(firing()).noneMatch(key -> key.startsWith("role-"));
    }

    @Test
    void aPauseEndsAlthoughPgstewardWasRestarted() throws Exception {
        memoryEndsThreeTimes();

        guardAlerts = guardAlerts();
        guardAlerts.resume();
        clock.pass(Duration.ofSeconds(11));
        calm();
        assertThat(firing()).contains("role-paused:wiki").doesNotContain("role-shut-out:wiki");
        clock.pass(FIRST_PAUSE);
        calm();

        logIn();
    }

    @Test
    void aPauseThatAnOperatorEndedIsOver() throws Exception {
        memoryEndsThreeTimes();
        cluster.run("homelab", "ALTER ROLE wiki LOGIN CONNECTION LIMIT 7");

        clock.pass(Duration.ofSeconds(11));
        calm();
        assertThat(firing()).doesNotContain("role-paused:wiki");
        clock.pass(FIRST_PAUSE);
        calm();
        assertThat(limit()).isEqualTo("7");
    }

    @Test
    void aServiceThatCameIntoQuarantineStaysShutOut() throws Exception {
        memoryEndsThreeTimes();
        cluster.run("homelab", "UPDATE public.service_configs SET quarantined_at = now()");

        clock.pass(FIRST_PAUSE.plusSeconds(11));
        calm();
        guard.readmit("wiki", 50);

        assertThatThrownBy(this::logIn).hasMessageContaining("not permitted to log in");
    }

    @Test
    void endedAutovacuumWorkerFiresAndShutsNoRoleOut() throws Exception {
        guard.check();
        for (int n = 0; n < 30; n++) {
            report(List.of(new AutovacuumWorker(
                    7, "wiki", "wiki", "autovacuum: VACUUM ANALYZE public.t9", 99 * MIB, 256 * MIB, Duration.ZERO)));
        }
        Alert large = firing("autovacuum-ended:wiki");
        assertThat(large.severity()).isEqualTo(Severity.CRITICAL);
        assertThat(large.last().reason())
                .isEqualTo(
                        "autovacuum in database wiki of role wiki held 99 MiB of PostgreSQL's memory limit"
                                + " of 256 MiB (last at table public.t9); pgsteward terminated it before PostgreSQL ran out of memory"
                                + " and ended all sessions; autovacuum starts again within minutes, until the owner changes its tables");
        assertThat(large.last().remedy())
                .as("uses the service's role: the query runs code of the service")
                .contains(" psql -U wiki -d wiki -c ")
                .contains("octet_length(conbin::text)")
                .endsWith("# its largest check constraints");
        logIn();

        report(List.of(new AutovacuumWorker(
                7, "wiki", "wiki", "autovacuum: ANALYZE public.slow", 5 * MIB, 256 * MIB, Duration.ofMinutes(11))));
        assertThat(firing("autovacuum-ended:wiki").last().reason())
                .contains(
                        "autovacuum in database wiki of role wiki has analyzed table public.slow for 11 min; pgsteward terminated it,"
                                + " because few workers vacuum the databases of all services");

        clock.pass(Duration.ofMinutes(11));
        calm();
        assertThat(firing()).isEmpty();
    }

    private Alert firing(String key) {
        return alerts.firing().stream()
                .filter(alert -> alert.key().equals(key))
                .findFirst()
                .orElseThrow();
    }

    private void memoryEndsThreeTimes() throws SQLException {
        guard.check();
        for (int n = 0; n < 3; n++) {
            guardAlerts.report(new ServerGuard.Result(
                    List.of(),
                    Optional.of(new MemoryTaken("wiki", 120 * MIB, 3, 256 * MIB, true, true, Optional.empty())),
                    Optional.empty(),
                    Optional.empty(),
                    List.of()));
        }
    }

    private void calm() throws SQLException {
        report(List.of());
    }

    private void report(List<AutovacuumWorker> workers) throws SQLException {
        guardAlerts.report(
                new ServerGuard.Result(List.of(), Optional.empty(), Optional.empty(), Optional.empty(), workers));
    }

    private List<String> firing() {
        return alerts.firing().stream().map(Alert::key).toList();
    }

    private String limit() throws SQLException {
        return cluster.server().ask("SELECT rolconnlimit FROM pg_roles WHERE rolname = 'wiki'");
    }

    private void logIn() throws SQLException {
        cluster.server().connectAs("wiki", PASSWORD, "wiki").close();
    }
}
