package org.pgsteward.doctor;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.pgsteward.model.CommandPrefix;
import org.pgsteward.model.Condition;
import org.pgsteward.model.Container;
import org.pgsteward.model.Container.Health;
import org.pgsteward.model.Container.State;
import org.pgsteward.model.Diagnosis;
import org.pgsteward.model.Secret;
import org.pgsteward.model.Severity;
import org.pgsteward.postgres.ServerLog;
import org.pgsteward.provision.ConnectionRequest;
import org.pgsteward.provision.Provisioner;

@Tag("fast")
class DoctorTest {
    private static final String VARIABLE = "VIKUNJA_DATABASE_HOST";

    /** The managed server is {@code postgresql} on {@code internal_db}; {@code other_db} runs on {@code elsewhere}. */
    @ParameterizedTest(name = "{0}")
    @CsvSource({
        "correct name and network, postgresql, internal_db, ''",
        "wrong name, postgres, internal_db, 'VIKUNJA_DATABASE_HOST names ''postgres'', and no"
                + " container on network internal_db has this name; the container of PostgreSQL is ''postgresql'''",
        "correct name on a network without PostgreSQL, postgresql, elsewhere, 'VIKUNJA_DATABASE_HOST names"
                + " ''postgresql'', which is PostgreSQL, but the container is only on network elsewhere and PostgreSQL is"
                + " on network internal_db'",
        "wrong name on a network without PostgreSQL, postgres, elsewhere, 'VIKUNJA_DATABASE_HOST names ''postgres'', and no container on network elsewhere has"
                + " this name; the container of PostgreSQL is ''postgresql'''",
        "another server on the same network, other_db, elsewhere, ''",
        "another server on a network without it, other_db, internal_db,"
                + " 'VIKUNJA_DATABASE_HOST names ''other_db'', and no container on network internal_db has this name;"
                + " the container of PostgreSQL is ''postgresql'''",
        "the container itself, localhost, internal_db, 'VIKUNJA_DATABASE_HOST names ''localhost'', which is the container"
                + " itself; the container of PostgreSQL is ''postgresql'''",
        "container on the host network, localhost, host, ''",
        "name with a dot, db.example.org, internal_db, ''",
        "IP address, 192.168.1.7, internal_db, ''"
    })
    void reportsHostNamesThatDoNotLeadToPostgresql(String why, String host, String network, String cause) {
        List<Diagnosis> found = examine(asks(host, network, false), LoginResult.LET_IN);

        assertThat(found).extracting(Diagnosis::cause).as(why).isEqualTo(cause.isEmpty() ? List.of() : List.of(cause));
        assertThat(found).allSatisfy(diagnosis -> {
            assertThat(diagnosis.symptom()).isEqualTo(Diagnosis.Symptom.CONNECTION_REFUSED);
            assertThat(diagnosis.service()).isEqualTo("vikunja");
        });
    }

    /** The name may be known to a name server of the local network. */
    @Test
    void aNameThatLeadsNowhereIsTroubleOnlyWherePostgresqlIsMeant() {
        assertThat(examine(asks("nas", "elsewhere", false), LoginResult.LET_IN))
                .singleElement()
                .matches(diagnosis -> !diagnosis.isTrouble());
        for (String meant : List.of("postgres", "my-postgresql", "pgsql")) {
            assertThat(examine(asks(meant, "elsewhere", false), LoginResult.LET_IN))
                    .as(meant)
                    .singleElement()
                    .matches(Diagnosis::isTrouble);
        }
        assertThat(examine(asks("nas", "internal_db", false), LoginResult.LET_IN))
                .singleElement()
                .matches(Diagnosis::isTrouble);
    }

    @Test
    void aPortOnWhichPostgresqlDoesNotListenIsNamedWithTheRightOne() {
        for (String text : List.of("5433", "postgresql:5433", "postgres://vikunja:its-own@postgresql:5433/vikunja")) {
            Container container = container("vikunja", "internal_db", Map.of("PLACE", text));
            ConnectionRequest asks = new ConnectionRequest(
                    container,
                    "vikunja",
                    "PLACE",
                    Optional.of("postgresql"),
                    Optional.of(new ConnectionRequest.Port("PLACE", 5433)),
                    Optional.empty());
            assertThat(examine(asks, LoginResult.LET_IN)).singleElement().satisfies(diagnosis -> {
                assertThat(diagnosis.cause()).isEqualTo("PLACE names port 5433, and PostgreSQL listens on 5432");
                assertThat(diagnosis.remedy()).contains("PLACE: ", "5432").doesNotContain("its-own", "5433");
            });
        }
        assertThat(examine(asks("postgresql", "internal_db", false), LoginResult.LET_IN))
                .isEmpty();
    }

    @Test
    void remediesForAWrongNameAndAMissingNetwork() {
        assertThat(examine(asks("postgres", "internal_db", false), LoginResult.LET_IN))
                .extracting(Diagnosis::remedy)
                .containsExactly("""
                        # in the compose file of vikunja:
                        VIKUNJA_DATABASE_HOST: postgresql
                        # and in its folder:
                        docker compose up -d vikunja""");
        assertThat(examine(asks("postgresql", "elsewhere", false), LoginResult.LET_IN))
                .extracting(Diagnosis::remedy)
                .containsExactly("""
                        docker network connect internal_db vikunja   # until it is recreated
                        # permanently, in its compose file, beside its other networks:
                        networks: [internal_db]""");
    }

    @Test
    void proposesNoNetworkThatOnlyPgstewardJoins() {
        Container server = container("postgresql", "internal_db_pgsteward,old_default", Map.of());
        assertThat(new Doctor(login -> LoginResult.LET_IN)
                        .examine(
                                patient(
                                        server,
                                        Optional.empty(),
                                        asks("postgresql", "elsewhere", false),
                                        Optional.empty()),
                                Optional.empty(),
                                List.of(),
                                List.of()))
                .extracting(Diagnosis::remedy)
                .singleElement()
                .asString()
                .startsWith("docker network connect old_default vikunja ");
    }

    @Test
    void aServiceThatGetsNothingIsOneThingAndNotOneMoreAsItsAlert() {
        Condition reported = Condition.bad(
                Severity.WARNING,
                "enrolment-refused",
                "vikunja",
                "it asks for another's",
                "docker inspect",
                Instant.EPOCH);
        Doctor.Patient wrongName = patient(Optional.empty(), asks("postgres", "internal_db", false));
        Doctor.Patient well = patient(Optional.empty(), asks("postgresql", "internal_db", true));

        assertThat(new Doctor(login -> LoginResult.LET_IN)
                        .examine(wrongName, Optional.empty(), List.of(), List.of(reported)))
                .singleElement()
                .satisfies(diagnosis -> assertThat(diagnosis.cause()).contains("names 'postgres'"));
        assertThat(new Doctor(login -> LoginResult.LET_IN)
                        .examine(well, Optional.empty(), List.of(), List.of(reported)))
                .extracting(Diagnosis::cause)
                .containsExactly("enrolment refused: it asks for another's");
    }

    @Test
    void anAddressWithItsPasswordIsNotShown() {
        Container container = container(
                "vikunja", "internal_db", Map.of("DATABASE_URL", "postgres://vikunja:secret@postgres:5432/vikunja"));
        ConnectionRequest asks = new ConnectionRequest(
                container, "vikunja", "DATABASE_URL", Optional.of("postgres"), Optional.empty(), Optional.empty());

        assertThat(examine(asks, LoginResult.LET_IN).toString())
                .contains("DATABASE_URL: …@postgresql…")
                .doesNotContain("secret");
    }

    @ParameterizedTest(name = "{0}: {1}")
    @CsvSource({
        "28P01, the container's password is not that of role 'vikunja', connection refused",
        "28000, refuses the login of role 'vikunja': no entry, connection refused",
        "3D000, database 'vikunja' does not exist, connection refused",
        "42501, has no privilege to connect to database 'vikunja', permission denied",
        "53300, no connection left for role 'vikunja', connection refused",
        "57P03, refuses its login (57P03), connection refused"
    })
    void anAnswerToItsOwnLoginIsTheCause(String state, String cause, String symptom) {
        assertThat(examine(asks("postgresql", "internal_db", true), new LoginResult(state, "no entry")))
                .singleElement()
                .satisfies(diagnosis -> {
                    assertThat(diagnosis.cause()).contains(cause);
                    assertThat(diagnosis.symptom().words()).isEqualTo(symptom);
                    assertThat(diagnosis.remedy()).isNotEmpty();
                });
    }

    @Test
    void unenrolledServiceIsNotTriedAndGetsARemedy() {
        List<ConnectionRequest.Login> tried = new ArrayList<>();
        Doctor doctor = new Doctor(login -> {
            tried.add(login);
            return LoginResult.LET_IN;
        });
        Provisioner.Plan plan = new Provisioner.Plan(
                List.of(new Provisioner.Plan.Line("vikunja", "database vikunja")),
                List.of(new Provisioner.Plan.Refused("wiki", "belongs to service 'notes'", "wiki", "")),
                List.of(
                        new Provisioner.Plan.Line("vikunja", "role vikunja does not exist"),
                        new Provisioner.Plan.Line("vikunja", "database vikunja does not exist"),
                        new Provisioner.Plan.Line("gitea", "table issue belongs to homelab"),
                        new Provisioner.Plan.Line("flarum", "every role may connect to database flarum")),
                List.of(new Provisioner.Plan.Line("flarum", "every role may connect to database flarum")));

        List<Diagnosis> found = doctor.examine(
                patient(Optional.empty(), asks("postgresql", "internal_db", false)),
                Optional.of(plan),
                List.of(),
                List.of());

        assertThat(tried).isEmpty();
        assertThat(found)
                .extracting(
                        diagnosis -> diagnosis.symptom().words() + " " + diagnosis.service() + ": " + diagnosis.cause())
                .containsExactly(
                        "connection refused vikunja: it is not enrolled yet: role vikunja does not exist; database vikunja"
                                + " does not exist",
                        "connection refused wiki: its request is refused: belongs to service 'notes'",
                        "permission denied gitea: table issue belongs to homelab",
                        "open to PUBLIC flarum: every role may connect to database flarum");
        assertThat(found.get(0).remedy()).startsWith("pgsteward provision vikunja ");
    }

    @ParameterizedTest(name = "{0}")
    @CsvSource({
        "stopped, EXITED, NONE, 0, false, does not run: it ended with exit code 0, docker start postgresql",
        "killed for memory, EXITED, NONE, 137, true, the kernel killed it for lack of memory, docker start postgresql",
        "paused, PAUSED, NONE, 0, false, is paused, docker unpause postgresql",
        "restarting, RESTARTING, NONE, 1, false, 'ended with exit code 1, and Docker restarts it', docker logs --tail 50 postgresql",
        "unhealthy, RUNNING, UNHEALTHY, 0, false, its own health check fails, docker restart postgresql",
        "running but unreachable, RUNNING, HEALTHY, 0, false, 'runs, and postgresql:5432 does not answer: refused',"
                + " docker exec postgresql pg_isready"
    })
    void unavailableServerIsTheOnlyCauseAndNoLoginIsTried(
            String why, State state, Health health, int code, boolean killed, String cause, String remedy) {
        Container server = container("postgresql", "internal_db", Map.of(), state, health, code, killed);
        Doctor doctor = new Doctor(login -> {
            throw new AssertionError("login attempted on an unavailable server");
        });
        Doctor.Patient patient = new Doctor.Patient(
                "postgresql:5432",
                Optional.of("refused"),
                false,
                true,
                Optional.of(server),
                List.of(server),
                List.of(asks("postgresql", "internal_db", true)),
                Set.of("homelab/vikunja"),
                List.of(),
                Optional.empty());

        assertThat(doctor.examine(patient, Optional.empty(), List.of(), List.of()))
                .as(why)
                .singleElement()
                .satisfies(diagnosis -> {
                    assertThat(diagnosis.service()).isEqualTo("postgresql");
                    assertThat(diagnosis.cause()).contains(cause);
                    assertThat(diagnosis.remedy()).contains(remedy);
                });
    }

    @Test
    void aWrongPasswordOfOurOwnIsNoOutage() {
        Doctor.Patient patient = new Doctor.Patient(
                "postgresql:5432",
                Optional.of("postgresql:5432 refuses the login of 'homelab'"),
                true,
                true,
                Optional.of(container("postgresql", "internal_db", Map.of())),
                List.of(),
                List.of(),
                Set.of(),
                List.of(),
                Optional.empty());

        assertThat(new Doctor(login -> LoginResult.LET_IN).examine(patient, Optional.empty(), List.of(), List.of()))
                .singleElement()
                .satisfies(diagnosis -> {
                    assertThat(diagnosis.cause())
                            .isEqualTo("PostgreSQL answers, and refuses pgsteward's login: postgresql:5432 refuses the"
                                    + " login of 'homelab'");
                    assertThat(diagnosis.remedy()).contains("\\password", "secrets/postgres_password");
                });
    }

    @Test
    void alertsAppearOnceWithTheirRemedyInformationLast() {
        Condition crashed = Condition.bad(
                Severity.CRITICAL, "service-down", "vikunja", "exit code 3", "docker logs vikunja", Instant.EPOCH);
        Condition full = Condition.bad(
                Severity.WARNING, "disk-filling", "/backups", "full to 90%", "df -h /backups", Instant.EPOCH);
        Condition large = Condition.bad(
                Severity.INFO, "settings-too-large", "postgresql", "720 MiB", "docker restart", Instant.EPOCH);

        List<Diagnosis> found = new Doctor(login -> LoginResult.LET_IN)
                .examine(
                        patient(Optional.empty(), asks("postgresql", "internal_db", true)),
                        Optional.empty(),
                        List.of(large, full),
                        List.of(full, crashed));

        assertThat(found)
                .extracting(Diagnosis::cause)
                .containsExactly(
                        "service down: exit code 3", "disk filling: full to 90%", "settings too large: 720 MiB");
        assertThat(found).extracting(Diagnosis::isTrouble).containsExactly(true, true, false);
    }

    private static final Condition REFUSED = Condition.bad(
            Severity.WARNING, "logins-failed", "vikunja", "3 logins refused", "docker logs", Instant.EPOCH);

    @Test
    void logIsEvidenceOfAFailedLoginOrAnOwnFinding() {
        Doctor.Log log = log(ServerLog.PREFIX, true, true, Map.of("vikunja", "3 x wrong password: role vikunja"));
        Doctor.Patient patient = patient(Optional.empty(), asks("postgresql", "internal_db", true), Optional.of(log));

        assertThat(new Doctor(login -> new LoginResult("28P01", ""))
                        .examine(patient, Optional.empty(), List.of(REFUSED), List.of(REFUSED)))
                .extracting(Diagnosis::cause)
                .containsExactly("the container's password is not that of role 'vikunja', or the role does not"
                        + " exist; PostgreSQL's log of the last minutes: 3 x wrong password: role vikunja");
        assertThat(new Doctor(login -> LoginResult.LET_IN)
                        .examine(patient, Optional.empty(), List.of(REFUSED), List.of()))
                .extracting(diagnosis -> diagnosis.symptom().words() + ": " + diagnosis.cause())
                .containsExactly("connection refused: logins failed: 3 logins refused");
    }

    /** A container claims another's role. Its refusal, the alert and its failed logins have one cause. */
    @Test
    void oneCauseIsOneFindingUnderOneName() {
        Provisioner.Plan plan = new Provisioner.Plan(
                List.of(),
                List.of(new Provisioner.Plan.Refused(
                        "thief", "role 'vikunja', which belongs to service 'vikunja'", "bad-thief-1", "labels:")),
                List.of(),
                List.of());
        Condition refusal = Condition.bad(
                Severity.WARNING,
                "enrolment-refused",
                "bad-thief-1",
                "role 'vikunja'",
                "docker inspect",
                Instant.EPOCH);
        Condition logins = Condition.bad(
                Severity.WARNING, "logins-failed", "bad-thief-1", "213 logins refused", "", Instant.EPOCH);

        List<Diagnosis> found = new Doctor(login -> LoginResult.LET_IN)
                .examine(
                        patient(Optional.empty(), asks("postgresql", "internal_db", true)),
                        Optional.of(plan),
                        List.of(logins),
                        List.of(refusal, logins));

        assertThat(found).singleElement().satisfies(diagnosis -> {
            assertThat(diagnosis.service()).isEqualTo("bad-thief-1");
            assertThat(diagnosis.cause())
                    .isEqualTo("its request is refused: role 'vikunja', which belongs to service 'vikunja';"
                            + " PostgreSQL's log: 213 logins refused");
            assertThat(diagnosis.remedy()).isEqualTo("labels:");
        });
    }

    @Test
    void itDoesNotSendItsReaderToItself() {
        Condition condition = Condition.bad(
                Severity.WARNING,
                "logins-failed",
                "vikunja",
                "3 logins refused",
                "pgsteward doctor   # whose password is wrong\npgsteward provision vikunja",
                Instant.EPOCH);

        assertThat(new Doctor(login -> LoginResult.LET_IN)
                        .examine(
                                patient(Optional.empty(), asks("postgresql", "internal_db", true)),
                                Optional.empty(),
                                List.of(),
                                List.of(condition.typed(new CommandPrefix("docker exec pgsteward pgsteward")))))
                .extracting(Diagnosis::remedy)
                .containsExactly("docker exec pgsteward pgsteward provision vikunja");
    }

    @ParameterizedTest(name = "{0}")
    @CsvSource(
            delimiter = '|',
            value = {
                "complete logs | ours | true | true | false | |",
                "slow statements from the extension | ours | false | true | true | |",
                "PostgreSQL's defaults | %m [%p] | false | true | false | it lacks the client of a refused login, and the"
                        + " reason if its language is not English; it has no slow statements | log_parameter_max_length = 0",
                "unknown prefix | %t: | true | true | false | pgsteward cannot parse lines that begin with '%t: ' | SELECT"
                        + " pg_reload_conf()",
                "log files of its own | ours | true | false | false | PostgreSQL writes it to files | docker restart postgresql"
            })
    void missingLogSettingsAreSuggestedAsInformation(
            String why,
            String prefix,
            boolean slow,
            boolean toContainer,
            boolean statements,
            String cause,
            String line) {
        Doctor.Log log = log(prefix.equals("ours") ? ServerLog.PREFIX : prefix + " ", slow, toContainer, Map.of());
        Doctor.Log known = new Doctor.Log(log.written(), statements, Map.of(), log.container(), log.psql());

        List<Diagnosis> found = new Doctor(login -> LoginResult.LET_IN)
                .examine(
                        patient(Optional.empty(), asks("postgresql", "internal_db", true), Optional.of(known)),
                        Optional.empty(),
                        List.of(),
                        List.of());

        assertThat(found).as(why).hasSize(cause == null ? 0 : 1).allSatisfy(diagnosis -> {
            assertThat(diagnosis.isTrouble()).isFalse();
            assertThat(diagnosis.cause()).startsWith("PostgreSQL's log: ").contains(cause);
            assertThat(diagnosis.remedy()).contains(line);
        });
    }

    private static Doctor.Log log(String prefix, boolean slow, boolean toContainer, Map<String, String> refusals) {
        return new Doctor.Log(
                new ServerLog(prefix, toContainer, slow ? Optional.of(Duration.ofSeconds(5)) : Optional.empty()),
                false,
                refusals,
                "postgresql",
                sql -> "psql -c \"" + sql + "\"");
    }

    private static List<Diagnosis> examine(ConnectionRequest asks, LoginResult result) {
        return new Doctor(login -> result)
                .examine(patient(Optional.empty(), asks), Optional.empty(), List.of(), List.of());
    }

    private static Doctor.Patient patient(Optional<String> error, ConnectionRequest asks) {
        return patient(error, asks, Optional.empty());
    }

    private static Doctor.Patient patient(Optional<String> error, ConnectionRequest asks, Optional<Doctor.Log> log) {
        return patient(container("postgresql", "internal_db", Map.of()), error, asks, log);
    }

    private static Doctor.Patient patient(
            Container server, Optional<String> error, ConnectionRequest asks, Optional<Doctor.Log> log) {
        Container other = container("other_db", "elsewhere", Map.of());
        return new Doctor.Patient(
                "postgresql:5432",
                error,
                false,
                true,
                Optional.of(server),
                List.of(server, other, asks.container()),
                List.of(asks),
                Set.of("homelab/vikunja"),
                List.of(),
                log);
    }

    private static ConnectionRequest asks(String host, String network, boolean enrolled) {
        Map<String, String> labels = enrolled
                ? Map.of("com.docker.compose.project", "homelab", "com.docker.compose.service", "vikunja")
                : Map.of();
        return new ConnectionRequest(
                container("vikunja", network, labels, Map.of(VARIABLE, host), State.RUNNING, Health.NONE, 0, false),
                "vikunja",
                VARIABLE,
                Optional.of(host),
                Optional.empty(),
                Optional.of(new ConnectionRequest.Login("vikunja", new Secret("its-own"), "vikunja")));
    }

    private static Container container(String name, String network, Map<String, String> environment) {
        return container(name, network, environment, State.RUNNING, Health.NONE, 0, false);
    }

    private static Container container(
            String name,
            String network,
            Map<String, String> environment,
            State state,
            Health health,
            int exitCode,
            boolean oomKilled) {
        return container(name, network, Map.of(), environment, state, health, exitCode, oomKilled);
    }

    private static Container container(
            String name,
            String network,
            Map<String, String> labels,
            Map<String, String> environment,
            State state,
            Health health,
            int exitCode,
            boolean oomKilled) {
        Map<String, Set<String>> networks = new HashMap<>();
        for (String one : network.split(",", -1)) {
            networks.put(one, Set.of(name));
        }
        return new Container(
                "id-of-" + name,
                name,
                "image",
                "sha256:0",
                state,
                health,
                exitCode,
                oomKilled,
                false,
                labels,
                environment,
                networks,
                0,
                Instant.EPOCH,
                Optional.empty());
    }
}
