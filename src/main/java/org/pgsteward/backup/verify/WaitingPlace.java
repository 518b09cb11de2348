package org.pgsteward.backup.verify;

import java.io.IOException;
import java.math.BigInteger;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.Instant;
import java.util.Locale;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.pgsteward.backup.verify.VerificationOrder.Place;
import org.pgsteward.io.BoundedFile;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The first place among all waiting verifications, in a file that all processes share. Each waiting process writes its
 * own first place again and again, unless the place of another process is before it. A place that was not written for
 * two seconds does not count, because its process was killed.
 */
final class WaitingPlace {
    static final String FILE = "_proof.wanted";

    private static final Duration FRESH = Duration.ofSeconds(2);

    private static final int LONGEST_FILE = 100;

    /** The format of the file. Its length is constant, so that a single write replaces an older place. */
    private static final Pattern WRITTEN = Pattern.compile("(\\d{19}) (\\d{19}) ([0-9a-f]{16})\n");

    private static final Logger LOG = LoggerFactory.getLogger(WaitingPlace.class);

    private final Path file;
    private final String process =
            String.format(Locale.ROOT, "%016x", new BigInteger(Long.SIZE - 1, new SecureRandom()));

    WaitingPlace(Path locks) {
        this.file = locks.resolve(FILE);
    }

    /** Returns the name of this process in the file. */
    String process() {
        return process;
    }

    /** Returns the place of another process that waits. A place that cannot be read is behind all others. */
    Optional<Place> ofOther() {
        return read().filter(place -> !place.process().equals(process));
    }

    private Optional<Place> read() {
        try {
            Instant written = Files.getLastModifiedTime(file).toInstant();
            if (Duration.between(written, Instant.now()).abs().compareTo(FRESH) > 0) {
                return Optional.empty();
            }
        } catch (IOException none) {
            return Optional.empty();
        }
        Place unknown = new Place(Long.MAX_VALUE, Instant.MAX, "");
        try {
            Matcher written = WRITTEN.matcher(BoundedFile.text(file, LONGEST_FILE));
            return Optional.of(
                    written.matches()
                            ? new Place(
                                    Long.parseLong(written.group(1)),
                                    Instant.ofEpochMilli(Long.parseLong(written.group(2))),
                                    written.group(3))
                            : unknown);
        } catch (IOException | NumberFormatException e) {
            LOG.debug("cannot read the waiting verification of another process: {}", e.getMessage());
            return Optional.of(unknown);
        }
    }

    /** Writes the first place of this process, unless the place of another process is before it. */
    void express(Place own) {
        if (ofOther().filter(other -> other.isBefore(own)).isPresent()) {
            return;
        }
        String line = String.format(
                Locale.ROOT, "%019d %019d %s\n", own.used(), own.asked().toEpochMilli(), process);
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.CREATE, StandardOpenOption.WRITE)) {
            channel.write(ByteBuffer.wrap(line.getBytes(StandardCharsets.US_ASCII)), 0);
        } catch (IOException e) {
            LOG.debug("cannot record for other processes that a verification waits: {}", e.getMessage());
        }
    }

    /** Removes the place of this process. The next waiting process writes its own. */
    void withdraw() {
        try {
            if (read().filter(place -> place.process().equals(process)).isPresent()) {
                Files.deleteIfExists(file);
            }
        } catch (IOException e) {
            LOG.debug("cannot remove {}, which expires in two seconds: {}", file, e.getMessage());
        }
    }
}
