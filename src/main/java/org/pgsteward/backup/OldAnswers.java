package org.pgsteward.backup;

import java.io.IOException;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Removes answers that no program waits for any more. Otherwise they would fill the folder up to its limit. */
final class OldAnswers {
    /** A program waits minutes for its answer. An operator reads it within days, to investigate a problem. */
    static final Duration KEPT = Duration.ofDays(7);

    private static final Logger LOG = LoggerFactory.getLogger(OldAnswers.class);

    private OldAnswers() {}

    /** Removes regular files with this ending that are older than {@link #KEPT}. */
    static void remove(Path folder, String ending, Instant now) {
        try (DirectoryStream<Path> answers = Files.newDirectoryStream(folder, "*" + ending)) {
            for (Path answer : answers) {
                if (Files.isRegularFile(answer, LinkOption.NOFOLLOW_LINKS)
                        && Files.getLastModifiedTime(answer)
                                .toInstant()
                                .plus(KEPT)
                                .isBefore(now)) {
                    Files.deleteIfExists(answer);
                }
            }
        } catch (IOException | DirectoryIteratorException e) {
            LOG.warn("cannot remove old answers to requests in {}: {}", folder, e.getMessage());
        }
    }
}
