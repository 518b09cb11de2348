package org.pgsteward.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.pgsteward.ChildJava;
import org.pgsteward.TestHost;

/**
 * The result of a command in its own process.
 *
 * @param out standard output without surrounding white space
 * @param err standard error without surrounding white space
 */
record CommandRun(int code, String out, String err) {

    /** Runs a command and waits for its end. Only the settings of {@code host} apply. */
    static CommandRun on(TestHost host, String... arguments) throws Exception {
        return on(host, Map.of(), arguments);
    }

    /** Runs a command with other variables. An empty value removes the variable. */
    static CommandRun on(TestHost host, Map<String, String> otherwise, String... arguments) throws Exception {
        Path out = Files.createTempFile(host.folder(), "command", ".out");
        Path err = Files.createTempFile(host.folder(), "command", ".err");
        ProcessBuilder builder = new ProcessBuilder(ChildJava.steward(arguments))
                .redirectOutput(out.toFile())
                .redirectError(err.toFile());
        builder.environment().keySet().removeIf(name -> name.startsWith("PGSTEWARD_"));
        builder.environment().putAll(host.environment());
        builder.environment().putAll(otherwise);
        Process process = builder.start();
        assertThat(process.waitFor(8, TimeUnit.MINUTES)).isTrue();
        return new CommandRun(
                process.exitValue(),
                Files.readString(out).strip(),
                Files.readString(err).strip());
    }
}
