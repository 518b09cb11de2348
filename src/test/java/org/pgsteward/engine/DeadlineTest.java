package org.pgsteward.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.ServerSocketChannel;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(10)
class DeadlineTest {
    private static final Duration LIMIT = Duration.ofMillis(300);

    @Test
    void aCallToAFrozenDaemonOnAUnixSocketEndsInTime(@TempDir Path folder) throws IOException {
        Path socket = folder.resolve("docker.sock");
        // Listens and never accepts, as a stopped process does: the kernel takes the connection all the same.
        try (ServerSocketChannel frozen = ServerSocketChannel.open(StandardProtocolFamily.UNIX)) {
            frozen.bind(UnixDomainSocketAddress.of(socket));
            try (DockerEngine engine = DockerEngine.at("unix://" + socket, LIMIT, LIMIT)) {
                assertThatThrownBy(engine::containers)
                        .isInstanceOf(EngineAway.class)
                        .hasMessageContaining("did not answer /containers/json");
                assertThat(engine.answers()).isFalse();
            }
        }
    }

    @Test
    void nobodyThereIsSaidWithTheAddress(@TempDir Path folder) {
        String host = "unix://" + folder.resolve("none.sock");
        try (DockerEngine engine = DockerEngine.at(host)) {
            assertThatThrownBy(() -> engine.container("web"))
                    .isInstanceOf(EngineAway.class)
                    .hasMessageContaining(host);
        }
    }

    @Test
    void anAddressOfAnUnknownKindIsRefusedAtOnce() {
        assertThatThrownBy(() -> DockerEngine.at("/var/run/docker.sock"))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("'/var/run/docker.sock'")
                .hasMessageContaining("unix:///path or tcp://host:port");
    }
}
