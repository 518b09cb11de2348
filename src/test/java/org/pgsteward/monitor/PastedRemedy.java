package org.pgsteward.monitor;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.pgsteward.postgres.TestCluster;

/**
 * A shell in which an operator pastes a remedy. Its {@code docker} runs the program on this machine and prints a log of
 * the test, and its {@code pgsteward} and {@code dmesg} only print.
 */
final class PastedRemedy {
    /** The limits of a notification. */
    private static final int LINES = 20;

    private static final int LINE = 300;
    private static final int REASON = 600;

    private final TestCluster cluster;
    private final Path folder;

    PastedRemedy(TestCluster cluster, Path folder) throws IOException {
        this.cluster = cluster;
        this.folder = folder;
        log("");
        program("docker", """
                if [ "$1" = logs ]; then cat "%s"; exit; fi
                shift; [ "$1" = -i ] && shift; shift; exec "$@"
                """.formatted(folder.resolve("log")));
        program("pgsteward", "echo pgsteward \"$@\"\n");
        program("dmesg", "echo\n");
    }

    void log(String text) throws IOException {
        Files.writeString(folder.resolve("log"), text);
    }

    private void program(String name, String script) throws IOException {
        Path file = Files.writeString(folder.resolve(name), "#!/bin/sh\n" + script);
        assertThat(file.toFile().setExecutable(true)).isTrue();
    }

    /** Pastes all lines, and returns the output. */
    String paste(Finding finding) throws IOException, InterruptedException {
        assertFits(finding);
        return paste(finding.remedy());
    }

    String paste(String remedy) throws IOException, InterruptedException {
        ProcessBuilder shell = new ProcessBuilder(List.of("sh", "-c", remedy)).redirectErrorStream(true);
        shell.environment().put("PATH", folder + ":" + cluster.ownPrograms().path("") + ":" + System.getenv("PATH"));
        shell.environment().put("PGHOST", "127.0.0.1");
        shell.environment()
                .put("PGPORT", Integer.toString(cluster.server().address().port()));
        shell.environment().put("PGPASSWORD", TestCluster.PASSWORD.reveal());
        Process process = shell.start();
        process.getOutputStream().close();
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        process.waitFor();
        return output;
    }

    /** A notification must not cut the text, nor a command. */
    static void assertFits(Finding finding) {
        assertThat(finding.says()).hasSizeLessThanOrEqualTo(REASON - 40).doesNotContain("\n");
        assertThat(finding.remedy().lines().toList())
                .hasSizeLessThanOrEqualTo(LINES)
                .allSatisfy(line -> assertThat(line).hasSizeLessThanOrEqualTo(LINE));
    }
}
