package org.pgsteward.app;

import java.io.IOException;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.time.Clock;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;
import org.pgsteward.io.AtomicFile;
import org.pgsteward.io.LeftoverParts;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The part files of killed processes in the state folder. It reads only the folders of known writers, because scratch
 * clusters may also lie below the state folder, and their files belong to PostgreSQL.
 *
 * <p>Other classes remove the other temporary files of the state folder. The spool removes its own, and {@link
 * org.pgsteward.postgres.AbandonedClusters} removes scratch clusters. {@code routes.next} and {@code locks/*.part} have
 * fixed names, so the next write replaces them.
 */
final class StateLeftovers {
    /** The folders of alerts and silences. {@code daemon.json} and {@code last-known.json} lie in the state folder itself. */
    private static final List<String> FOLDERS = List.of("alerts", "silences");

    /** The folders with a folder for each receiver. */
    private static final List<String> BY_RECEIVER = List.of("outbox", "taken-over");

    private static final int MOST_RECEIVERS = 1_000;

    /** The part file of {@link org.pgsteward.backup.store.ManifestKeys}, which may contain the signing key. */
    private static final Pattern KEY_PART = Pattern.compile("\\.manifest_key\\d+\\.part");

    private static final Logger LOG = LoggerFactory.getLogger(StateLeftovers.class);

    private final Path state;
    private final Clock clock;

    /** @param clock the clock of the host, which also sets the times of files */
    StateLeftovers(Path state, Clock clock) {
        this.state = state;
        this.clock = clock;
    }

    /** Removes the part files. If a folder cannot be cleared, the next start tries again. */
    void remove() {
        int removed = removeFrom(state);
        for (Path folder : folders()) {
            removed += removeFrom(folder);
        }
        if (removed > 0) {
            LOG.warn("removed {} unfinished files from the state folder, left by a process that was killed", removed);
        }
    }

    private int removeFrom(Path folder) {
        try {
            return LeftoverParts.remove(folder, name -> isPart(folder, name), clock.instant());
        } catch (IOException e) {
            LOG.warn("cannot remove unfinished files from {}: {}", folder, e.toString());
            return 0;
        }
    }

    private boolean isPart(Path folder, String name) {
        return AtomicFile.isPart(name)
                || (folder.equals(state) && KEY_PART.matcher(name).matches());
    }

    private List<Path> folders() {
        List<Path> folders = new ArrayList<>();
        FOLDERS.forEach(name -> add(state.resolve(name), folders));
        for (String name : BY_RECEIVER) {
            Path parent = state.resolve(name);
            if (!isFolder(parent)) {
                continue;
            }
            try (DirectoryStream<Path> receivers = Files.newDirectoryStream(parent)) {
                for (Path receiver : receivers) {
                    if (folders.size() == MOST_RECEIVERS) {
                        return folders;
                    }
                    add(receiver, folders);
                }
            } catch (IOException | DirectoryIteratorException e) {
                LOG.warn("cannot list {}: {}", parent, e.toString());
            }
        }
        return folders;
    }

    private static void add(Path folder, List<Path> folders) {
        if (isFolder(folder)) {
            folders.add(folder);
        }
    }

    private static boolean isFolder(Path path) {
        return Files.isDirectory(path, LinkOption.NOFOLLOW_LINKS);
    }
}
