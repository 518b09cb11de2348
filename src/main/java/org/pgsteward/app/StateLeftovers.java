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
 * The part files in the state folder that killed processes left. It reads the folders of the known writers only: scratch
 * clusters may lie below the state folder too, and have files of others.
 *
 * <p>Other temporary files of the state folder have another remedy: the spool removes its own, a scratch cluster goes with
 * {@link org.pgsteward.postgres.AbandonedClusters}, and {@code routes.next} and {@code locks/*.part} have one name each,
 * which the next write takes again.
 */
final class StateLeftovers {
    /** The folders of the alerts and of the silences; {@code daemon.json} and {@code last-known.json} are in no folder. */
    private static final List<String> FOLDERS = List.of("alerts", "silences");

    /** These have a folder for each receiver. */
    private static final List<String> BY_RECEIVER = List.of("outbox", "taken-over");

    private static final int MOST_RECEIVERS = 1_000;

    /** The part file of {@link org.pgsteward.backup.store.ManifestKeys}, which may have the key in it. */
    private static final Pattern KEY_PART = Pattern.compile("\\.manifest_key\\d+\\.part");

    private static final Logger LOG = LoggerFactory.getLogger(StateLeftovers.class);

    private final Path state;
    private final Clock clock;

    /** @param clock of the host, which the times of files come from */
    StateLeftovers(Path state, Clock clock) {
        this.state = state;
        this.clock = clock;
    }

    /** Removes them. A folder that cannot be cleared stays as it is until the next start. */
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
