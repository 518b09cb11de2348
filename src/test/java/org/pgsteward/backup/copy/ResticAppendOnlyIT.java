package org.pgsteward.backup.copy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.Base64;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.pgsteward.backup.copy.ends.Client;

/** A repository behind a REST server that refuses every removal. */
@Tag("postgres")
@Timeout(value = 10, unit = TimeUnit.MINUTES)
class ResticAppendOnlyIT {
    private static final String LOGIN = "secret-of-rest";

    @TempDir
    private Path here;

    private Process server;
    private int port;

    @BeforeEach
    void start() throws Exception {
        Client.need("restic", "restic");
        Path program = Client.need("restic-rest-server", "restic-rest-server");
        Path data = Files.createDirectory(here.resolve("data"));
        String hash = Base64.getEncoder()
                .encodeToString(MessageDigest.getInstance("SHA-1").digest(LOGIN.getBytes(StandardCharsets.UTF_8)));
        Files.writeString(data.resolve(".htpasswd"), "nas:{SHA}" + hash + "\n");
        try (ServerSocket free = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            port = free.getLocalPort();
        }
        server = new ProcessBuilder(
                        program.toString(), "--append-only", "--listen", "127.0.0.1:" + port, "--path", data.toString())
                .redirectErrorStream(true)
                .redirectOutput(here.resolve("log").toFile())
                .start();
        await().until(this::answers);
    }

    private boolean answers() {
        try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), port)) {
            return socket.isConnected();
        } catch (IOException notYet) {
            return false;
        }
    }

    @AfterEach
    void stop() {
        if (server != null) {
            server.destroyForcibly();
        }
    }

    private ResticFixture fixture(String login) {
        return new ResticFixture(here, "rest:http://nas:" + login + "@127.0.0.1:" + port + "/", Map.of());
    }

    @Test
    void aRefusedRemovalKeepsTheCopyAndFailsNoPass() throws Exception {
        ResticFixture fixture = fixture(LOGIN);
        ResticPlace place = fixture.place();
        assertThat(place.check().orElseThrow()).contains("does not let pgsteward remove snapshots");
        place.begin(0);
        byte[] plain = ResticFixture.content(100_000, 1);
        Outgoing file = fixture.backup("app-20261201T030000Z", plain, 0);
        for (int pass = 1; pass <= 2; pass++) {
            place.put(file);
            place.put(fixture.manifest(file));
            place.commit();
        }

        assertThatThrownBy(() -> place.remove(file.path()))
                .isInstanceOf(IOException.class)
                .hasMessageNotContaining("\n")
                .hasMessageNotContaining(LOGIN);
        assertThat(place.has(file.path())).isTrue();
        Outgoing next = fixture.backup("app-20261202T030000Z", plain, 0);
        place.put(next);
        place.put(fixture.manifest(next));
        place.commit();

        assertThat(ResticFixture.read(place, file.path())).isEqualTo(plain);
        assertThat(place.list())
                .contains(file.path(), next.path(), fixture.manifest(next).path());
    }

    @Test
    void aRefusedLoginIsAFailureWithoutTheLogin() throws Exception {
        fixture(LOGIN).place().check();
        assertThatThrownBy(() -> fixture("guess-of-login").place().begin(0))
                .isInstanceOf(IOException.class)
                .hasMessageContaining("401")
                .hasMessageNotContaining("guess-of-login")
                .hasMessageNotContaining("\n");
    }
}
