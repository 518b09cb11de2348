package org.pgsteward.alert;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.ThreadLocalRandom;
import org.pgsteward.io.AtomicFile;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Reserved disk space for the alerts that a full disk causes: a file that is deleted when an alert cannot be written.
 * An alert in memory only is lost at a restart, and its resolution is then never notified.
 */
final class Reserve {
    /** Space for about sixty alerts on a disk with blocks of 4 KiB. */
    private static final int BYTES = 256 * 1024;

    /** Free space below which no reserve is created, because the disk is nearly full. */
    private static final long ENOUGH_BYTES = 8L * 1024 * 1024;

    private static final Logger LOG = LoggerFactory.getLogger(Reserve.class);

    private final Path folder;
    private final Path file;

    /** @param folder folder of the alerts; need not exist yet */
    Reserve(Path folder) {
        this.folder = folder;
        this.file = folder.resolve(".reserve");
    }

    /** Creates the reserve if it is missing and the disk has room. */
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
            LOG.debug("cannot reserve disk space for alerts: {}", refused.toString());
        }
    }

    /**
     * Deletes the reserve and so frees its space.
     *
     * @return whether there was a reserve
     */
    boolean giveUp() throws IOException {
        return Files.deleteIfExists(file);
    }
}
