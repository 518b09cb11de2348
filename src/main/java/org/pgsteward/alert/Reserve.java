package org.pgsteward.alert;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.ThreadLocalRandom;
import org.pgsteward.io.AtomicFile;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Room for the alerts that a full disk itself causes: a file that is given up when an alert cannot be written. An alert
 * that is in memory only is forgotten by a restart, and its end is never told.
 */
final class Reserve {
    /** Some sixty alerts, on a disk whose blocks have 4 KiB. */
    private static final int BYTES = 256 * 1024;

    /** Below this the disk is nearly full, and nothing is taken from it. */
    private static final long ENOUGH_BYTES = 8L * 1024 * 1024;

    private static final Logger LOG = LoggerFactory.getLogger(Reserve.class);

    private final Path folder;
    private final Path file;

    /** @param folder which exists or does not yet */
    Reserve(Path folder) {
        this.folder = folder;
        this.file = folder.resolve(".reserve");
    }

    /** Makes it where it is not there and the disk has room. */
    void keep() {
        try {
            if (Files.exists(file)
                    || !Files.isDirectory(folder)
                    || Files.getFileStore(folder).getUsableSpace() < ENOUGH_BYTES) {
                return;
            }
            byte[] incompressible = new byte[BYTES];
            ThreadLocalRandom.current().nextBytes(incompressible);
            AtomicFile.write(file, incompressible);
        } catch (IOException refused) {
            LOG.debug("no room is kept for alerts: {}", refused.toString());
        }
    }

    /**
     * Gives its room back to the disk.
     *
     * @return whether there was any
     */
    boolean giveUp() throws IOException {
        return Files.deleteIfExists(file);
    }
}
