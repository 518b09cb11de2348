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

/** What is left of throwaway clusters that could not be taken away: by a power cut, or with their container. */
public final class AbandonedClusters {
    /** A cluster's folder has a random name, and a template one that begins so until it is whole. */
    private static final Pattern OURS =
            Pattern.compile("(template-)?[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}(\\.part)?");

    private AbandonedClusters() {}

    /**
     * Removes the clusters below {@code parent} whose process ended before it could, and whose shell too: by a power cut,
     * or with their container. One at which a server is at work, or that is younger than {@code age}, is left alone.
     *
     * @return how many
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

    /** Whether a server works in {@code data}. */
    public static boolean isAtWork(Path data) throws IOException {
        Path pid = data.resolve("postmaster.pid");
        if (!Files.isRegularFile(pid)) {
            return false;
        }
        try {
            // Its number may be another process's by now, whose command has nothing to do with this folder.
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
