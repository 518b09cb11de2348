package org.pgsteward.backup.restore;

import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.pgsteward.postgres.ClientProgram;
import org.pgsteward.postgres.ThrowawayCluster;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The verification of a file of globals, which creates its roles in a scratch cluster. The file is read to its end
 * before its first statement runs, so that only a complete file runs.
 */
final class GlobalsVerification extends OutputStream {
    private static final Logger LOG = LoggerFactory.getLogger(GlobalsVerification.class);

    private final GlobalsReading reading = new GlobalsReading();

    @Override
    public void write(int one) {
        write(new byte[] {(byte) one}, 0, 1);
    }

    @Override
    public void write(byte[] from, int offset, int length) {
        reading.write(from, offset, length);
    }

    Globals globals() {
        return reading.done();
    }

    /**
     * Creates the roles in the cluster.
     *
     * @param administrator the role of the cluster that runs the statements
     * @param ours the roles of the cluster that the file must not change
     * @return the reason why the file cannot be verified; empty after success
     * @throws IOException if a statement fails
     */
    Optional<String> run(ThrowawayCluster cluster, String administrator, Set<String> ours)
            throws IOException, InterruptedException {
        Globals globals = globals();
        globals.oversized().forEach(words -> LOG.warn("left out of the verification of the globals: {}", words));
        if (!globals.strange().isEmpty()) {
            return Optional.of("a verification does not run all of it: "
                    + globals.strange().get(0));
        }
        List<String> touched = globals.touches(ours);
        if (!touched.isEmpty()) {
            return Optional.of(
                    "a verification does not run it, because it changes or grants pgsteward's role " + touched.get(0));
        }
        List<String> command = cluster.client(
                "psql",
                administrator,
                "postgres",
                "--no-psqlrc",
                "--quiet",
                "--output=/dev/null",
                "--set=ON_ERROR_STOP=1",
                "--file=-");
        try (ClientProgram psql = ClientProgram.start(cluster.user(), command, Map.of())) {
            psql.answer(StandardCharsets.UTF_8, stdin -> {
                try (OutputStream script = new BufferedOutputStream(stdin)) {
                    globals.writeScript(script);
                }
            });
        }
        return Optional.empty();
    }
}
