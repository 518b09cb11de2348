package org.pgsteward.backup.copy;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.BufferedReader;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.pgsteward.ChildJava;
import org.pgsteward.io.Json;

/** Kills a {@link CopyingProcess} with SIGKILL, together with its programs, as the end of a container does. */
final class KilledProcess {
    private KilledProcess() {}

    /**
     * Runs a pass in another process until the moment of a case.
     *
     * @param folder for its log
     * @return the operations that it had begun
     */
    static List<String> run(CopyingProcess.Work work, CopyFaultCase.Moment moment, Path folder)
            throws IOException, InterruptedException {
        Path file = folder.resolve("work.json");
        Files.write(file, Json.mapper().writeValueAsBytes(work));
        Path log = folder.resolve("process.log");
        Process process = new ProcessBuilder(
                        ChildJava.run(List.of("-Xmx128m"), CopyingProcess.class.getName(), file.toString()))
                .redirectError(log.toFile())
                .start();
        List<String> begun = new java.util.ArrayList<>();
        try (BufferedReader lines = process.inputReader()) {
            String line = lines.readLine();
            while (line != null && begun.size() < moment.step()) {
                if (isOperation(line)) {
                    begun.add(line);
                }
                line = begun.size() < moment.step() ? lines.readLine() : line;
            }
            process.waitFor(moment.millis(), TimeUnit.MILLISECONDS);
        } finally {
            List<ProcessHandle> programs = process.descendants().toList();
            process.destroyForcibly();
            programs.forEach(ProcessHandle::destroyForcibly);
            process.waitFor();
        }
        assertThat(begun).as(Files.readString(log)).hasSize(moment.step());
        return begun;
    }

    /** Other lines are those of the log. */
    private static boolean isOperation(String line) {
        return line.matches("begin|put|commit|get|has|remove|list|recovery");
    }
}
