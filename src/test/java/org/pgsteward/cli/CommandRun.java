package org.pgsteward.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.pgsteward.ChildJava;
import org.pgsteward.TestHost;

/**
 * How a command ended that was a process of its own.
 *
 * @param out what it wrote to standard output, without the white space around it
 * @param err the same of standard error
 */
record CommandRun(int code, String out, String err) {

    /** Runs it to its end, configured for {@code host} and by nothing else. */
    static CommandRun on(TestHost host, String... arguments) throws Exception {
        return on(host, Map.of(), arguments);
    }

    /** The same with other variables; an empty one is as if it were not there. */
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
