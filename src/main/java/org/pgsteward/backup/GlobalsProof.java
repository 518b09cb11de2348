package org.pgsteward.backup;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.pgsteward.postgres.ClientProgram;
import org.pgsteward.postgres.ThrowawayCluster;

/**
 * The proof of a file of globals: its roles are made in a scratch cluster. It is read to its end, and it is known to be
 * whole, before a statement of it is run.
 */
final class GlobalsProof extends OutputStream {
    private final ByteArrayOutputStream read = new ByteArrayOutputStream();
    private long bytes;

    @Override
    public void write(int one) {
        write(new byte[] {(byte) one}, 0, 1);
    }

    @Override
    public void write(byte[] from, int offset, int length) {
        bytes += length;
        if (bytes <= Globals.LARGEST) {
            read.write(from, offset, length);
        }
    }

    /** What was read: all of it, or as much as roles ever are. */
    byte[] content() {
        return read.toByteArray();
    }

    /**
     * Makes them.
     *
     * @param administrator of the cluster, as whom it is run
     * @param ours roles of the cluster that the file must not be about
     * @return why it cannot be told, when it cannot
     * @throws IOException when a statement fails
     */
    Optional<String> run(ThrowawayCluster cluster, String administrator, Set<String> ours)
            throws IOException, InterruptedException {
        if (bytes > Globals.LARGEST) {
            return Optional.of("it is " + bytes + " bytes, and roles are never more than " + Globals.LARGEST);
        }
        Globals globals = Globals.of(read.toByteArray());
        if (!globals.strange().isEmpty()) {
            return Optional.of("not all of it is run where backups are proved: "
                    + globals.strange().get(0));
        }
        List<String> touched = globals.touches(ours);
        if (!touched.isEmpty()) {
            return Optional.of("it is not run where backups are proved, since it is about " + touched.get(0)
                    + ", a role of pgsteward's own");
        }
        ClientProgram.run(
                cluster.user(),
                cluster.client(
                        "psql",
                        administrator,
                        "postgres",
                        "--no-psqlrc",
                        "--quiet",
                        "--output=/dev/null",
                        "--set=ON_ERROR_STOP=1",
                        "--file=-"),
                Map.of(),
                globals.script());
        return Optional.empty();
    }
}
