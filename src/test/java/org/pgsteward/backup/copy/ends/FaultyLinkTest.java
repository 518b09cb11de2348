package org.pgsteward.backup.copy.ends;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.net.ConnectException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Tag("fast")
@Timeout(value = 8, unit = TimeUnit.MINUTES)
class FaultyLinkTest {
    private ServerSocket echo;
    private FaultyLink link;

    @BeforeEach
    void startEcho() throws Exception {
        echo = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
        Thread server = new Thread(() -> {
            while (!echo.isClosed()) {
                try {
                    Socket client = echo.accept();
                    Thread session = new Thread(() -> {
                        try (client) {
                            client.getInputStream().transferTo(client.getOutputStream());
                        } catch (IOException ended) {
                            // The test has cut the connection.
                        }
                    });
                    session.setDaemon(true);
                    session.start();
                } catch (IOException closed) {
                    return;
                }
            }
        });
        server.setDaemon(true);
        server.start();
        link = FaultyLink.to(echo.getLocalPort());
    }

    @AfterEach
    void stopEcho() throws Exception {
        link.close();
        echo.close();
    }

    @Test
    void bytesPassInBothDirectionsAndTheEndOfEachToo() throws Exception {
        byte[] sent = new byte[300_000];
        sent[299_999] = 7;
        try (Socket client = client()) {
            Thread writer = new Thread(() -> {
                try {
                    client.getOutputStream().write(sent);
                    client.shutdownOutput();
                } catch (IOException e) {
                    throw new java.io.UncheckedIOException(e);
                }
            });
            writer.start();
            assertThat(client.getInputStream().readAllBytes()).isEqualTo(sent);
            writer.join();
        }
        assertThat(link.forwarded(FaultyLink.Way.UP)).isEqualTo(300_000);
        assertThat(link.forwarded(FaultyLink.Way.DOWN)).isEqualTo(300_000);
        assertThat(link.cuts()).isZero();
    }

    @Test
    void linkIsCutExactlyAfterTheBytesUntilItRecovers() throws Exception {
        try (Socket client = client();
                Socket other = client()) {
            link.cutAfter(FaultyLink.Way.DOWN, 5);
            client.getOutputStream().write(new byte[100]);
            int got = 0;
            try {
                while (client.getInputStream().read() >= 0) {
                    got++;
                }
            } catch (IOException reset) {
                assertThat(reset).hasMessageContaining("reset");
            }
            assertThat(got).isLessThanOrEqualTo(5);
            assertThat(link.forwarded(FaultyLink.Way.DOWN)).isEqualTo(5);
            assertThatThrownBy(() -> echoed(other)).isInstanceOf(IOException.class);
        }
        try (Socket client = client()) {
            assertThatThrownBy(() -> echoed(client)).isInstanceOf(IOException.class);
        }
        link.recover();
        try (Socket client = client()) {
            assertThat(echoed(client)).isEqualTo(1);
        }
    }

    @Test
    void randomCutIsTheSameForTheSameSeed() {
        long first = link.cutAfterRandom(FaultyLink.Way.UP, 42, 1_000_000);
        assertThat(link.cutAfterRandom(FaultyLink.Way.UP, 42, 1_000_000)).isEqualTo(first);
        assertThat(link.cutAfterRandom(FaultyLink.Way.UP, 43, 1_000_000)).isNotEqualTo(first);
    }

    @Test
    void stalledLinkAcceptsAndAnswersAfterItsRecovery() throws Exception {
        try (Socket before = client()) {
            assertThat(echoed(before)).isEqualTo(1);
            link.stall();
            try (Socket client = client()) {
                for (Socket stalled : new Socket[] {before, client}) {
                    stalled.setSoTimeout(100);
                    assertThatThrownBy(() -> echoed(stalled)).isInstanceOf(SocketTimeoutException.class);
                    stalled.setSoTimeout(0);
                }
                link.recover();
                assertThat(client.getInputStream().read()).isEqualTo(1);
                assertThat(before.getInputStream().read()).isEqualTo(1);
            }
        }
    }

    @Test
    void refusedPortIsTheSameAfterTheRecovery() throws Exception {
        try (Socket client = client()) {
            assertThat(echoed(client)).isEqualTo(1);
            for (int i = 0; i < 3; i++) {
                link.refuse();
                assertThatThrownBy(this::client).isInstanceOf(ConnectException.class);
                link.recover();
                try (Socket again = client()) {
                    assertThat(echoed(again)).isEqualTo(1);
                }
            }
            assertThatThrownBy(() -> echoed(client)).isInstanceOf(IOException.class);
        }
    }

    @Test
    void slowLinkKeepsItsSpeedAndARecoveryEndsIt() throws Exception {
        link.slow(20_000);
        long start = System.nanoTime();
        try (Socket client = client()) {
            client.getOutputStream().write(new byte[10_000]);
            client.getInputStream().readNBytes(10_000);
            assertThat(System.nanoTime() - start).isGreaterThan(TimeUnit.MILLISECONDS.toNanos(450));
            link.slow(1);
            client.getOutputStream().write(new byte[100_000]);
            await().pollDelay(java.time.Duration.ofMillis(50)).until(() -> true);
            link.recover();
            assertThat(client.getInputStream().readNBytes(100_000)).hasSize(100_000);
        }
    }

    @Test
    void connectionWithoutAServerBehindIsClosed() throws Exception {
        echo.close();
        try (Socket client = client()) {
            assertThatThrownBy(() -> echoed(client)).isInstanceOf(IOException.class);
        }
    }

    private Socket client() throws IOException {
        return new Socket(InetAddress.getLoopbackAddress(), link.port());
    }

    private static int echoed(Socket client) throws IOException {
        client.getOutputStream().write(1);
        int answer = client.getInputStream().read();
        if (answer < 0) {
            throw new IOException("closed");
        }
        return answer;
    }
}
