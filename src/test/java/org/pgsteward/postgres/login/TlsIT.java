package org.pgsteward.postgres.login;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.pgsteward.postgres.ClientProgram;
import org.pgsteward.postgres.NeedsPostgres;
import org.pgsteward.postgres.Server;
import org.pgsteward.postgres.ServerAddress;
import org.pgsteward.postgres.TestCluster;
import org.pgsteward.postgres.ThrowawayCluster;
import org.pgsteward.postgres.UnprivilegedUser;

/** {@code sslmode} and {@code sslrootcert} have the same meaning as in libpq, for the driver and for each program. */
@NeedsPostgres
class TlsIT {
    private static final String ENCRYPTED = "SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()";

    private static Path folder;
    private static TestCertificates certificates;
    private static TestCluster encrypted;
    private static TestCluster plain;

    @BeforeAll
    static void start() throws Exception {
        UnprivilegedUser user = UnprivilegedUser.ofThisProcess();
        folder = user.own(Files.createTempDirectory(Path.of("/tmp"), "pgsteward-tls-"));
        certificates = TestCertificates.in(folder);
        user.give(certificates.key());
        user.give(certificates.certificate());
        encrypted = TestCluster.start(
                TestCluster.programs(),
                Map.of(
                        "ssl", "on",
                        "ssl_cert_file", certificates.certificate().toString(),
                        "ssl_key_file", certificates.key().toString()));
        plain = TestCluster.start();
    }

    @AfterAll
    static void stop() throws Exception {
        encrypted.close();
        plain.close();
        ThrowawayCluster.remove(folder);
    }

    /** The file of trusted authorities. */
    private enum Root {
        NONE,
        RIGHT,
        OTHER
    }

    /** Settings and the expected error; an empty error means that the session succeeds. */
    enum Case {
        RIGHT_NAME(TlsMode.VERIFY_FULL, true, Root.RIGHT, "localhost", true, ""),
        WRONG_NAME(
                TlsMode.VERIFY_FULL,
                true,
                Root.RIGHT,
                "127.0.0.1",
                true,
                "certificate is not for the name '127.0.0.1'"),
        ANY_NAME(TlsMode.VERIFY_CA, true, Root.RIGHT, "127.0.0.1", true, ""),
        UNTRUSTED(TlsMode.VERIFY_FULL, true, Root.OTHER, "localhost", true, "not signed by an authority in"),
        UNTRUSTED_AUTHORITY(TlsMode.VERIFY_CA, true, Root.OTHER, "localhost", true, "not signed by an authority in"),
        PLAIN_SERVER(TlsMode.VERIFY_FULL, false, Root.RIGHT, "localhost", false, "the server has no TLS"),
        REQUIRED(TlsMode.REQUIRE, true, Root.NONE, "127.0.0.1", true, ""),
        REQUIRED_OF_A_PLAIN_SERVER(TlsMode.REQUIRE, false, Root.NONE, "127.0.0.1", false, "the server has no TLS"),
        PREFERRED(TlsMode.PREFER, true, Root.NONE, "127.0.0.1", true, ""),
        PREFERRED_OF_A_PLAIN_SERVER(TlsMode.PREFER, false, Root.NONE, "127.0.0.1", false, ""),
        ALLOWED(TlsMode.ALLOW, true, Root.NONE, "127.0.0.1", false, ""),
        DISABLED(TlsMode.DISABLE, true, Root.NONE, "127.0.0.1", false, "");

        private final TlsMode mode;
        private final boolean serverHasTls;
        private final Root root;
        private final String host;
        private final boolean isEncrypted;
        private final String error;

        Case(TlsMode mode, boolean serverHasTls, Root root, String host, boolean isEncrypted, String error) {
            this.mode = mode;
            this.serverHasTls = serverHasTls;
            this.root = root;
            this.host = host;
            this.isEncrypted = isEncrypted;
            this.error = error;
        }

        private Server server() {
            ServerAddress address = (serverHasTls ? encrypted : plain).server().address();
            Optional<Path> certificate = switch (root) {
                case NONE -> Optional.empty();
                case RIGHT -> Optional.of(certificates.authority());
                case OTHER -> Optional.of(certificates.otherAuthority());
            };
            return new Server(new ServerAddress(
                    host,
                    address.port(),
                    address.user(),
                    address.password(),
                    address.database(),
                    new TlsSettings(mode, certificate),
                    Duration.ofSeconds(60)));
        }
    }

    @ParameterizedTest
    @EnumSource
    void holdsForTheDriver(Case one) throws Exception {
        if (one.error.isEmpty()) {
            assertThat(one.server().ask(ENCRYPTED)).isEqualTo(one.isEncrypted ? "t" : "f");
            return;
        }
        SQLException refused = catchThrowableOfType(
                SQLException.class, () -> one.server().connect("homelab").close());
        assertThat((Throwable) refused).hasMessageContaining(one.error);
        assertThat(refused.getMessage()).doesNotContain("\n");
    }

    @ParameterizedTest
    @EnumSource
    void holdsForPrograms(Case one) throws Exception {
        List<String> command = List.of(program("psql"), "-XAtq", "--no-password", "--command=" + ENCRYPTED);
        if (one.error.isEmpty()) {
            assertThat(run(one.server(), command).strip()).isEqualTo(one.isEncrypted ? "t" : "f");
            return;
        }
        IOException refused = catchThrowableOfType(IOException.class, () -> run(one.server(), command));
        assertThat((Throwable) refused).hasMessageContaining(one.error);
    }

    @Test
    void everyProgramComesThroughAVerifiedConnection() throws Exception {
        encrypted.run("homelab", "CREATE TABLE public.kept AS SELECT 42 AS answer");
        Server server = Case.RIGHT_NAME.server();

        assertThat(run(server, List.of(program("pg_dump"), "--no-password"))).contains("CREATE TABLE public.kept");
        assertThat(run(server, List.of(program("pg_dumpall"), "--globals-only", "--no-password")))
                .contains("CREATE ROLE homelab");
        assertThat(run(
                        server,
                        List.of(
                                program("pg_basebackup"),
                                "--format=tar",
                                "--wal-method=fetch",
                                "--checkpoint=fast",
                                "--pgdata=-",
                                "--no-password")))
                .contains("PG_VERSION");
        Path dump = folder.resolve("kept.dump");
        run(server, List.of(program("pg_dump"), "-Fc", "--no-password", "--file=" + dump));
        encrypted.run("homelab", "DROP TABLE public.kept");
        run(server, List.of(program("pg_restore"), "--no-password", "--dbname=homelab", dump.toString()));
        assertThat(server.ask("SELECT answer FROM public.kept")).isEqualTo("42");
    }

    /** The driver cancels a statement over a separate connection. */
    @Test
    void aStatementIsCancelledOverTls() throws Exception {
        try (Connection connection = Case.RIGHT_NAME.server().connect("homelab");
                var statement = connection.createStatement()) {
            statement.setQueryTimeout(1);

            SQLException cancelled =
                    catchThrowableOfType(SQLException.class, () -> statement.execute("SELECT pg_sleep(600)"));

            assertThat(cancelled.getSQLState()).isEqualTo("57014");
        }
    }

    /**
     * Without certificate verification, SCRAM channel binding ties the exchange to the presented certificate, and the
     * real server detects the difference.
     */
    @Test
    void aLoginCannotBePassedOnByAServerInBetween() throws Exception {
        ServerAddress real = encrypted.server().address();
        TestCertificates its = TestCertificates.in(Files.createDirectory(folder.resolve("between")));
        LoginAs onward = new LoginAs(
                "127.0.0.1",
                real.port(),
                real.user(),
                real.password(),
                new TlsSettings(TlsMode.REQUIRE, Optional.empty()),
                Duration.ofSeconds(60),
                1);
        try (HostileServer between = new HostileServer(Optional.of(its.context()), talk -> passOn(talk, onward))) {
            Server server = new Server(new ServerAddress(
                    "127.0.0.1",
                    between.port(),
                    real.user(),
                    real.password(),
                    real.database(),
                    onward.tls(),
                    Duration.ofSeconds(60)));

            SQLException refused = catchThrowableOfType(
                    SQLException.class, () -> server.connect("homelab").close());

            assertThat((Throwable) refused).hasMessageContaining("channel binding");
        }
    }

    private static void passOn(HostileServer.Talk talk, LoginAs onward) throws IOException {
        java.net.Socket there = ServerLogin.encryptedTo(onward);
        there.getOutputStream()
                .write(ByteBuffer.allocate(4 + talk.startup.length)
                        .putInt(4 + talk.startup.length)
                        .put(talk.startup)
                        .array());
        InputStream back = there.getInputStream();
        Thread copying = new Thread(() -> {
            try {
                back.transferTo(talk.out);
                talk.out.close();
            } catch (IOException e) {
                return;
            }
        });
        copying.setDaemon(true);
        copying.start();
        talk.in.transferTo(there.getOutputStream());
    }

    private static String program(String name) {
        return TestCluster.programs().path(name).toString();
    }

    private static String run(Server server, List<String> command) throws Exception {
        try (ClientProgram program =
                server.start(UnprivilegedUser.ofThisProcess(), new ArrayList<>(command), "homelab", "")) {
            String printed = new String(program.output().readAllBytes(), java.nio.charset.StandardCharsets.ISO_8859_1);
            program.awaitSuccess();
            return printed;
        }
    }
}
