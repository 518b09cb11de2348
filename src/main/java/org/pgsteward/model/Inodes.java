package org.pgsteward.model;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The inodes of a file system; each file takes one.
 *
 * @param total number of inodes, greater than 0
 * @param free number of unused inodes
 */
public record Inodes(long total, long free) {
    private static final Pattern PRINTED = Pattern.compile("([1-9]\\d{0,17}) (\\d{1,18})\\s*");

    private static final int LONGEST_SECONDS = 2;

    /** The most characters that are read. {@code stat} prints fewer, so a longer output is not its answer. */
    private static final int LONGEST = 100;

    /**
     * Runs {@code stat -f}, since Java has no function for the number of inodes.
     *
     * @return empty if the file system has no fixed number of inodes, as btrfs, or if the program fails or takes longer
     *     than two seconds
     */
    public static Optional<Inodes> of(Path path) {
        try {
            Process stat = new ProcessBuilder(
                            "stat", "-f", "-c", "%c %d", path.toAbsolutePath().toString())
                    .redirectError(ProcessBuilder.Redirect.DISCARD)
                    .start();
            try {
                if (!stat.waitFor(LONGEST_SECONDS, TimeUnit.SECONDS)) {
                    return Optional.empty();
                }
                return parse(new String(stat.getInputStream().readNBytes(LONGEST), StandardCharsets.US_ASCII));
            } finally {
                stat.destroyForcibly();
                stat.getInputStream().close();
                stat.getOutputStream().close();
            }
        } catch (IOException e) {
            return Optional.empty();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return Optional.empty();
        }
    }

    private static Optional<Inodes> parse(String printed) {
        Matcher numbers = PRINTED.matcher(printed);
        return numbers.matches()
                ? Optional.of(new Inodes(Long.parseLong(numbers.group(1)), Long.parseLong(numbers.group(2))))
                : Optional.empty();
    }
}
