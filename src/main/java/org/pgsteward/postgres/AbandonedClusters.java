package org.pgsteward.postgres;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.pgsteward.io.BoundedFile;

/** Removal of throwaway clusters that their process could not remove, after a power cut or the end of its container. */
public final class AbandonedClusters {
    /** The name of a cluster's folder is a UUID. An incomplete template has a prefix and a suffix as well. */
    private static final Pattern OURS =
            Pattern.compile("(template-)?[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}(\\.part)?");

    private AbandonedClusters() {}

    /**
     * Removes the clusters below {@code parent} that neither their process nor their guarding shell could remove. A
     * cluster with a running server, or one younger than {@code age}, is left alone.
     *
     * @return the number of removed clusters
     */
    public static int remove(Path parent, Duration age, Instant now) throws IOException {
        if (!Files.isDirectory(parent)) {
            return 0;
        }
        int removed = 0;
        try (Stream<Path> folders = Files.list(parent)) {
            for (Path folder : folders.toList()) {
                boolean ours = OURS.matcher(folder.getFileName().toString()).matches();
                if (ours
                        && Files.getLastModifiedTime(folder)
                                .toInstant()
                                .plus(age)
                                .isBefore(now)
                        && !isAtWork(folder)) {
                    ThrowawayCluster.remove(folder);
                    removed++;
                }
            }
        }
        return removed;
    }

    /** Returns whether a server is running in {@code data}. */
    public static boolean isAtWork(Path data) throws IOException {
        Path pid = data.resolve("postmaster.pid");
        if (!Files.isRegularFile(pid)) {
            return false;
        }
        try {
            // Another process may have this process ID by now. Its command then does not contain this folder.
            return ProcessHandle.of(Long.parseLong(BoundedFile.text(pid, 10_000)
                            .lines()
                            .findFirst()
                            .orElse("")
                            .strip()))
                    .filter(server -> server.info()
                            .commandLine()
                            .map(command -> command.contains(data.toString()))
                            .orElse(true))
                    .isPresent();
        } catch (NoSuchFileException ended) {
            return false;
        } catch (NumberFormatException | IndexOutOfBoundsException e) {
            return false;
        }
    }
}
