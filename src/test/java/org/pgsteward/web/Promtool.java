package org.pgsteward.web;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.File;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.Stream;

/**
 * Prometheus's promtool, which checks metrics and rules. If it is missing, one line reports that and the check is
 * skipped.
 */
final class Promtool {
    private static final AtomicBoolean REPORTED = new AtomicBoolean();

    private Promtool() {}

    /** Returns promtool's output, and throws if it fails. Returns an empty text if promtool is missing. */
    static String says(String input, String... words) throws Exception {
        Optional<Path> program = Stream.of(
                        System.getenv().getOrDefault("PATH", "").split(File.pathSeparator))
                .map(folder -> Path.of(folder, "promtool"))
                .filter(Files::isExecutable)
                .findFirst();
        if (program.isEmpty()) {
            if (REPORTED.compareAndSet(false, true)) {
                System.err.println("skipped: what promtool says of figures and rules, since there is none on the PATH;"
                        + " src/test/bed/packages prometheus installs it");
            }
            return "";
        }
        List<String> command = new ArrayList<>(List.of(program.get().toString()));
        command.addAll(List.of(words));
        Process promtool = new ProcessBuilder(command).redirectErrorStream(true).start();
        try (OutputStream in = promtool.getOutputStream()) {
            in.write(input.getBytes(StandardCharsets.UTF_8));
        }
        String said = new String(promtool.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(promtool.waitFor()).as(said).isZero();
        return said.strip();
    }
}
