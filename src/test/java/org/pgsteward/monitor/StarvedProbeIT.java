package org.pgsteward.monitor;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.BufferedReader;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.pgsteward.postgres.NeedsPostgres;

/** A probe that got no processor time does not blame the server. */
@NeedsPostgres
class StarvedProbeIT {
    @Test
    void measuresThatItWasStoppedWhileItWaited() throws Exception {
        // The socket accepts connections without answering, so only the waiting process can be late.
        try (ServerSocket silent = new ServerSocket(0, 20, InetAddress.getLoopbackAddress())) {
            Process process = new ProcessBuilder(List.of(
                            java.nio.file.Path.of(System.getProperty("java.home"), "bin", "java")
                                    .toString(),
                            "-XX:TieredStopAtLevel=1",
                            "-cp",
                            System.getProperty("java.class.path"),
                            StarvedProbe.class.getName(),
                            Integer.toString(silent.getLocalPort())))
                    .redirectError(ProcessBuilder.Redirect.INHERIT)
                    .start();
            try (BufferedReader said = process.inputReader()) {
                ask(process);
                assertThat(said.readLine()).isEqualTo("begins");
                String[] quiet = said.readLine().split(" ", 2);

                ask(process);
                assertThat(said.readLine()).isEqualTo("begins");
                String[] starved;
                try (Socket waiting = silent.accept();
                        Socket second = silent.accept()) {
                    kill(process, "STOP");
                    long stopped = System.nanoTime();
                    await().until(() ->
                            System.nanoTime() - stopped > Duration.ofSeconds(5).toNanos());
                    kill(process, "CONT");
                    // The connections must still be open, because a closed connection is no timeout.
                    starved = said.readLine().split(" ", 2);
                    assertThat(waiting.isConnected() && second.isConnected()).isTrue();
                }

                assertThat(quiet[0]).isEqualTo("false");
                assertThat(starved[0]).isEqualTo("false");
                assertThat(Long.parseLong(starved[1]))
                        .isGreaterThanOrEqualTo(2)
                        .isGreaterThan(Long.parseLong(quiet[1]));
            } finally {
                process.destroyForcibly();
            }
        }
    }

    private static void ask(Process process) throws IOException {
        process.getOutputStream().write('\n');
        process.getOutputStream().flush();
    }

    private static void kill(Process process, String signal) throws Exception {
        new ProcessBuilder("kill", "-" + signal, Long.toString(process.pid()))
                .start()
                .waitFor();
    }
}
