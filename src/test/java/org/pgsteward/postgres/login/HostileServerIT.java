package org.pgsteward.postgres.login;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import java.io.IOException;
import java.net.InetAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import javax.net.ssl.SSLContext;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.pgsteward.model.Secret;
import org.pgsteward.postgres.ClientProgram;
import org.pgsteward.postgres.NeedsPostgres;
import org.pgsteward.postgres.NoConnection;
import org.pgsteward.postgres.Server;
import org.pgsteward.postgres.ServerAddress;
import org.pgsteward.postgres.TestCluster;
import org.pgsteward.postgres.UnprivilegedUser;

/**
 * A server that answers in place of PostgreSQL learns no secret, neither from the driver nor from any of PostgreSQL's
 * programs.
 */
@NeedsPostgres
class HostileServerIT {
    private static final String PASSWORD = "h0m%lab$pw";

    /** The programs under test. psql, the last one, connects only with a statement. */
    private static final List<List<String>> PROGRAMS = List.of(
            List.of("pg_dump", "--no-password"),
            List.of("pg_dumpall", "--globals-only", "--no-password"),
            List.of("pg_basebackup", "--format=tar", "--wal-method=fetch", "--pgdata=-", "--no-password"),
            List.of("psql", "--no-psqlrc", "--no-password", "--command=SELECT 'a statement'"));

    @TempDir
    private static Path folder;

    private static SSLContext tls;

    @BeforeAll
    static void certificate() throws Exception {
        tls = TestCertificates.in(folder).context();
    }

    private static HostileServer.Behaviour md5() {
        return talk -> talk.request(5, new byte[] {1, 2, 3, 4});
    }

    private static HostileServer.Behaviour wrongSignature() {
        return talk -> {
            talk.scramUpToProof(4096);
            talk.request(12, "v=AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=".getBytes(StandardCharsets.US_ASCII));
            talk.letIn();
        };
    }

    static Stream<Arguments> behaviours() {
        return Stream.of(
                Arguments.of(
                        "clear text", (HostileServer.Behaviour) talk -> talk.request(3, new byte[0]), "in clear text"),
                Arguments.of("md5", md5(), "password_encryption = 'scram-sha-256'"),
                Arguments.of(
                        "GSS",
                        (HostileServer.Behaviour) talk -> talk.request(7, new byte[0]),
                        "authentication method 7"),
                Arguments.of("wrong signature", wrongSignature(), "did not show that it has the password"),
                Arguments.of(
                        "no signature",
                        (HostileServer.Behaviour) talk -> {
                            talk.scramUpToProof(4096);
                            talk.letIn();
                        },
                        "sent no SCRAM signature"),
                Arguments.of(
                        "one iteration",
                        (HostileServer.Behaviour) talk -> talk.scramUpToProof(1),
                        "did not show that it has the password"),
                Arguments.of(
                        "two billion iterations",
                        (HostileServer.Behaviour) talk -> talk.scramUpToProof(2_000_000_000),
                        "2000000000 iterations"),
                Arguments.of(
                        "clear text after SCRAM began",
                        (HostileServer.Behaviour) talk -> {
                            talk.scramUpToProof(4096);
                            talk.request(3, new byte[0]);
                        },
                        "in clear text"),
                Arguments.of(
                        "no SCRAM mechanism",
                        (HostileServer.Behaviour)
                                talk -> talk.request(10, "OAUTHBEARER\0\0".getBytes(StandardCharsets.US_ASCII)),
                        "no SCRAM-SHA-256"),
                Arguments.of(
                        "garbage",
                        (HostileServer.Behaviour) talk -> {
                            talk.out.write("HTTP/1.1 400 Bad Request\r\n\r\n".getBytes(StandardCharsets.US_ASCII));
                            talk.out.flush();
                        },
                        "is not a PostgreSQL server"),
                Arguments.of(
                        "an error of two gigabytes",
                        (HostileServer.Behaviour) talk -> {
                            talk.out.write(new byte[] {'E', 0x7f, (byte) 0xff, (byte) 0xff, (byte) 0xff});
                            talk.out.flush();
                        },
                        "is not a PostgreSQL server"));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("behaviours")
    void learnsNothingFromTheDriver(String name, HostileServer.Behaviour behaviour, String error) throws Exception {
        for (Optional<SSLContext> encryption : List.of(Optional.<SSLContext>empty(), Optional.of(tls))) {
            try (HostileServer hostile = new HostileServer(encryption, behaviour)) {
                NoConnection refused = catchThrowableOfType(
                        NoConnection.class,
                        () -> server(hostile).connect("homelab").close());

                assertThat((Throwable) refused).as(name).hasMessageContaining(error);
                assertThat(refused.getMessage()).doesNotContain("\n").doesNotContain(PASSWORD);
                requireNothingLearned(hostile);
                assertThat(hostile.received().split("user\0", -1))
                        .as("one login attempt")
                        .hasSize(2);
            }
        }
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("behaviours")
    void learnsNothingFromPrograms(String name, HostileServer.Behaviour behaviour, String error) throws Exception {
        // Each behaviour is tested with one program, with and without TLS. The tests below use every program with the
        // worst behaviour.
        for (Optional<SSLContext> encryption : List.of(Optional.<SSLContext>empty(), Optional.of(tls))) {
            try (HostileServer hostile = new HostileServer(encryption, behaviour)) {
                assertThat(complaint(hostile, PROGRAMS.get(0))).as(name).contains(error);
                requireNothingLearned(hostile);
            }
        }
    }

    @Test
    void noProgramAnswersClearText() throws Exception {
        for (List<String> program : PROGRAMS) {
            try (HostileServer hostile = new HostileServer(Optional.empty(), talk -> talk.request(3, new byte[0]))) {
                assertThat(complaint(hostile, program)).as(program.get(0)).contains("in clear text");
                requireNothingLearned(hostile);
            }
        }
    }

    /** Shows that the server above would have received the password, because an unmodified libpq sends it. */
    @Test
    void libpqAloneWouldHaveSentIt() throws Exception {
        try (HostileServer hostile = new HostileServer(Optional.empty(), talk -> talk.request(3, new byte[0]))) {
            List<String> command =
                    List.of(TestCluster.programs().path("psql").toString(), "--no-password", "--command=SELECT 1");
            try (ClientProgram alone = ClientProgram.start(
                    UnprivilegedUser.ofThisProcess(),
                    command,
                    java.util.Map.of(
                            "PGHOST", "127.0.0.1",
                            "PGPORT", Integer.toString(hostile.port()),
                            "PGUSER", "homelab",
                            "PGDATABASE", "homelab",
                            "PGPASSWORD", PASSWORD))) {
                assertThat(alone.output()).isNotNull();
                org.awaitility.Awaitility.await().until(() -> hostile.received().contains(PASSWORD));
            }
        }
    }

    @Test
    void anotherRolesLoginIsNotTriedInClearEither() throws Exception {
        try (HostileServer hostile = new HostileServer(Optional.empty(), talk -> talk.request(3, new byte[0]))) {
            SQLException refused = catchThrowableOfType(
                    SQLException.class,
                    () -> server(hostile)
                            .connectAs("wiki", new Secret(PASSWORD), "wiki")
                            .close());

            assertThat((Throwable) refused).hasMessageContaining("as 'wiki'").hasMessageContaining("in clear text");
            requireNothingLearned(hostile);
        }
    }

    /** A neighbour in a Docker network has an address like this. */
    @Test
    void aServerThatAsksForNothingIsTrustedOnThisHostAlone() throws Exception {
        assertThat(Authentication.mayTrust(
                        TlsSettings.DEFAULT, InetAddress.getByAddress(new byte[] {(byte) 172, 18, 0, 7})))
                .isFalse();
        assertThat(Authentication.mayTrust(TlsSettings.DEFAULT, InetAddress.getLoopbackAddress()))
                .isTrue();
    }

    @Test
    void aSlowServerDoesNotHoldALoginForLong() throws Exception {
        try (HostileServer hostile = new HostileServer(Optional.empty(), talk -> {
            talk.out.write(new byte[] {'R', 0, 0, 0, 100});
            for (int i = 0; i < 100; i++) {
                talk.out.write(0);
                talk.out.flush();
                java.util.concurrent.locks.LockSupport.parkNanos(500_000_000);
            }
        })) {
            NoConnection late = catchThrowableOfType(
                    NoConnection.class,
                    () -> server(hostile, Duration.ofSeconds(2))
                            .connect("homelab")
                            .close());

            assertThat((Throwable) late).hasMessageContaining("no answer within 2 s");
        }
    }

    @Test
    void aServerThatStallsTheHandshakeIsLate() throws Exception {
        try (java.net.ServerSocket stalling = new java.net.ServerSocket(0, 5, InetAddress.getLoopbackAddress())) {
            Thread answering = new Thread(() -> {
                try (java.net.Socket socket = stalling.accept()) {
                    socket.getInputStream().readNBytes(8);
                    socket.getOutputStream().write('S');
                    socket.getInputStream().readAllBytes();
                } catch (IOException e) {
                    return;
                }
            });
            answering.setDaemon(true);
            answering.start();
            Server server = new Server(new ServerAddress(
                    "127.0.0.1",
                    stalling.getLocalPort(),
                    "homelab",
                    new Secret(PASSWORD),
                    "homelab",
                    TlsSettings.DEFAULT,
                    Duration.ofSeconds(2)));
            server.daemon();

            SQLException late = catchThrowableOfType(
                    SQLException.class, () -> server.connectToLook().close());

            assertThat((Throwable) late).hasMessageContaining("no answer within 2 s");
        }
    }

    /** A program cannot send a password that it does not have. */
    @Test
    void noProgramGetsThePassword() throws Exception {
        try (HostileServer hostile = new HostileServer(Optional.empty(), HostileServer.Talk::letIn);
                ClientProgram program =
                        server(hostile).start(UnprivilegedUser.ofThisProcess(), List.of("env"), "homelab", "")) {
            String environment = new String(program.output().readAllBytes(), StandardCharsets.UTF_8);

            assertThat(environment).contains("PGHOST=/tmp/pgsteward-login-").doesNotContain("PGPASSWORD", PASSWORD);
        }
    }

    private static void requireNothingLearned(HostileServer hostile) {
        assertThat(hostile.received())
                .contains("user\0")
                .doesNotContain(PASSWORD)
                // An md5 hash begins like this, and a statement would contain SELECT.
                .doesNotContainPattern("md5[0-9a-f]{32}")
                .doesNotContain("SELECT");
    }

    private static Server server(HostileServer hostile) {
        return server(hostile, Duration.ofSeconds(30));
    }

    private static Server server(HostileServer hostile, Duration patience) {
        return new Server(new ServerAddress(
                "127.0.0.1",
                hostile.port(),
                "homelab",
                new Secret(PASSWORD),
                "homelab",
                TlsSettings.DEFAULT,
                patience));
    }

    private static String complaint(HostileServer hostile, List<String> command) throws Exception {
        List<String> full = new java.util.ArrayList<>(command);
        full.set(0, TestCluster.programs().path(command.get(0)).toString());
        try (ClientProgram program = server(hostile).start(UnprivilegedUser.ofThisProcess(), full, "homelab", "")) {
            program.output().readAllBytes();
            IOException failed = catchThrowableOfType(IOException.class, program::awaitSuccess);
            return String.valueOf(failed.getMessage());
        }
    }
}
