package org.pgsteward.monitor;

import java.time.Instant;
import java.util.Optional;
import java.util.regex.Pattern;

/**
 * The state of PostgreSQL's archiver.
 *
 * @param on whether {@code archive_mode} is on
 * @param command whether {@code archive_command} is set
 * @param library whether {@code archive_library} is set
 * @param archived the last archived file
 * @param archivedAt the time at which it was archived
 * @param failed the file of the last failed attempt
 * @param failedAt the time of that attempt
 * @param current the file that PostgreSQL writes now; empty in recovery
 * @param fileBytes the size of a file
 */
public record WalArchive(
        boolean on,
        boolean command,
        boolean library,
        Optional<String> archived,
        Optional<Instant> archivedAt,
        Optional<String> failed,
        Optional<Instant> failedAt,
        Optional<String> current,
        long fileBytes) {
    public static final WalArchive OFF = new WalArchive(
            false,
            false,
            false,
            Optional.empty(),
            Optional.empty(),
            Optional.empty(),
            Optional.empty(),
            Optional.empty(),
            16L * 1024 * 1024);

    /** A file of WAL: timeline, log and segment, each of eight hexadecimal digits. Files of the archive's history differ. */
    private static final Pattern FILE = Pattern.compile("[0-9A-F]{24}");

    /** Returns whether there is no command and no library. Then PostgreSQL makes no attempt and counts no failure. */
    boolean isMissing() {
        return on && !command && !library;
    }

    /** Returns whether the last attempt failed, or there can be none. */
    boolean isFailing() {
        return isMissing()
                || (on
                        && failedAt.isPresent()
                        && archivedAt.filter(at -> !at.isBefore(failedAt.get())).isEmpty());
    }

    /** Returns the number of complete files from the first one that is not archived; 1 where the names do not show it. */
    long waiting() {
        Optional<Long> first = (isMissing() ? Optional.<String>empty() : failed)
                .flatMap(this::number)
                .or(() -> archived.flatMap(this::number).map(number -> number + 1));
        return current.flatMap(this::number)
                .flatMap(now -> first.map(number -> Math.max(1, now - number)))
                .orElse(1L);
    }

    private Optional<Long> number(String file) {
        if (!FILE.matcher(file).matches() || fileBytes <= 0) {
            return Optional.empty();
        }
        long log = Long.parseLong(file.substring(8, 16), 16);
        long segment = Long.parseLong(file.substring(16), 16);
        return Optional.of(log * ((1L << 32) / fileBytes) + segment);
    }
}
