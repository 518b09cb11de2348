package org.pgsteward.backup.copy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.time.Instant;
import org.pgsteward.io.AtomicFile;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The removal of data that no snapshot needs. It rewrites parts of the repository. So it runs at most once a day,
 * and only after snapshots were removed or a copy was broken off.
 */
final class ResticPrune {
    private static final Logger LOG = LoggerFactory.getLogger(ResticPrune.class);

    private static final Duration PERIOD = Duration.ofHours(24);

    private final Restic restic;
    private final ResticSettings settings;

    /** A file that exists while there may be data to remove. */
    private final Path needed;

    /** A file with the time of the last attempt. */
    private final Path tried;

    ResticPrune(Restic restic, ResticSettings settings) {
        this.restic = restic;
        this.settings = settings;
        needed = settings.folder().resolve("prune.needed");
        tried = settings.folder().resolve("prune.tried");
    }

    /** Records that there will be data to remove. */
    void isNeeded() throws IOException {
        if (!Files.exists(needed) && Files.isDirectory(settings.folder())) {
            AtomicFile.write(needed, new byte[0], AtomicFile.PRIVATE);
        }
    }

    /** Work that leaves data without a snapshot if it fails. */
    @FunctionalInterface
    interface Work {
        boolean isDone() throws IOException, InterruptedException;
    }

    /** Records that there is data to remove unless the work is done, also if this process is killed meanwhile. */
    boolean afterFailure(Work work) throws IOException, InterruptedException {
        boolean already = Files.exists(needed);
        isNeeded();
        boolean done = work.isDone();
        if (done && !already) {
            AtomicFile.remove(needed);
        }
        return done;
    }

    /** Removes the data if it is time. A repository that refuses is asked again on the next day. */
    void run() throws IOException, InterruptedException {
        if (!Files.exists(needed) || !isTime()) {
            return;
        }
        AtomicFile.write(tried, new byte[0], AtomicFile.PRIVATE);
        try {
            restic.attempt("prune", "--quiet");
            AtomicFile.remove(needed);
        } catch (ResticFailure e) {
            LOG.info("{}: the restic repository is not pruned today: {}", settings.target(), e.getMessage());
        }
    }

    /** The clock of the machine decides, as it does for the time of the file. */
    private boolean isTime() throws IOException {
        if (!Files.exists(tried)) {
            return true;
        }
        FileTime last = Files.getLastModifiedTime(tried);
        Duration since = Duration.between(last.toInstant(), Instant.now());
        return since.isNegative() || since.compareTo(PERIOD) > 0;
    }
}
