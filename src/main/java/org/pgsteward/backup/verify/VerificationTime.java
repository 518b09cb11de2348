package org.pgsteward.backup.verify;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Clock;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.pgsteward.backup.underway.ServiceFolder;
import org.pgsteward.io.AtomicFile;
import org.pgsteward.io.BoundedFile;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The recent verification time of each service of this host, in a file that all processes share. Used time decays: it
 * counts half after {@link #HALF_LIFE}.
 *
 * <p>The first line of the file has the time of the last change (milliseconds since 1970). It also has the folder name
 * of the service whose verification ended then. Each further line has the seconds and the folder name of a service. A
 * file that cannot be read counts as empty.
 */
final class VerificationTime {
    static final Duration HALF_LIFE = Duration.ofHours(6);

    /** The limit of services in the file. Beyond it, the services with the least time are left out. */
    static final int MOST_SERVICES = 1000;

    static final String FILE = "_proof.used";

    private static final int LONGEST_FILE = 256 * 1024;

    /** The least time that the file keeps, in seconds. */
    private static final double LEAST = 0.01;

    /** The most time of a service, in seconds. The limit keeps a damaged file from delaying a service for ever. */
    private static final double MOST = 7 * 24 * 3600;

    private static final Logger LOG = LoggerFactory.getLogger(VerificationTime.class);

    private final Path locks;
    private final Clock clock;

    VerificationTime(Path locks, Clock clock) {
        this.locks = locks;
        this.clock = clock;
    }

    /**
     * The used time as it counts at one moment.
     *
     * @param seconds the seconds by the folder name of the service
     * @param lastEnd the end of the last verification
     * @param last the folder name of the service whose verification ended last
     */
    record Used(Map<String, Double> seconds, Instant lastEnd, String last) {
        static final Used NOTHING = new Used(Map.of(), Instant.EPOCH, "");

        /** Returns the time of a service in whole seconds. */
        long of(String service) {
            return ofFolder(ServiceFolder.name(service));
        }

        /** Returns the time, in whole seconds, of the service whose verification ended last. */
        long ofLast() {
            return ofFolder(last);
        }

        private long ofFolder(String folder) {
            return seconds.getOrDefault(folder, 0.0).longValue();
        }

        private Used at(Instant now) {
            Duration since = Duration.between(lastEnd, now);
            double part = since.isNegative() ? 1 : Math.pow(0.5, (double) since.toMillis() / HALF_LIFE.toMillis());
            Map<String, Double> left = new HashMap<>();
            seconds.forEach((folder, used) -> left.put(folder, used * part));
            return new Used(left, lastEnd, last);
        }
    }

    Used read() {
        try {
            return parsed(BoundedFile.text(locks.resolve(FILE), LONGEST_FILE)).at(clock.instant());
        } catch (NoSuchFileException none) {
            return Used.NOTHING;
        } catch (IOException | IllegalArgumentException | DateTimeException | ArithmeticException e) {
            LOG.debug("cannot read the verification time of the services: {}", e.toString());
            return Used.NOTHING;
        }
    }

    private static Used parsed(String text) {
        List<String> lines = text.lines().toList();
        if (lines.isEmpty() || lines.size() > MOST_SERVICES + 1) {
            throw new IllegalArgumentException("it has " + lines.size() + " lines");
        }
        String[] head = columns(lines.get(0));
        Map<String, Double> seconds = new HashMap<>();
        for (String line : lines.subList(1, lines.size())) {
            String[] columns = columns(line);
            double used = Double.parseDouble(columns[0]);
            if (!(used >= 0)) {
                throw new IllegalArgumentException("it has negative seconds");
            }
            seconds.put(columns[1], Math.min(used, MOST));
        }
        return new Used(seconds, Instant.ofEpochMilli(Long.parseLong(head[0])), head[1]);
    }

    private static String[] columns(String line) {
        String[] columns = line.split(" ", -1);
        if (columns.length != 2) {
            throw new IllegalArgumentException("a line has " + columns.length + " columns");
        }
        return columns;
    }

    /** Adds to the time of a service whose verification ends now. The caller must have the turn. */
    void add(String service, Duration used) {
        Instant now = clock.instant();
        String folder = ServiceFolder.name(service);
        Map<String, Double> all = new HashMap<>(read().seconds());
        all.merge(folder, used.toMillis() / 1000.0, Double::sum);
        String lines = all.entrySet().stream()
                .filter(one -> one.getValue() >= LEAST)
                .sorted(Map.Entry.comparingByValue(Comparator.reverseOrder()))
                .limit(MOST_SERVICES)
                .map(one -> one.getValue() + " " + one.getKey() + "\n")
                .collect(Collectors.joining());
        String text = now.toEpochMilli() + " " + folder + "\n" + lines;
        try {
            // The part file always has the same name, so that killed processes leave at most one.
            Path part = locks.resolve(FILE + ".part");
            AtomicFile.writeUnsynced(locks.resolve(FILE), part, text.getBytes(StandardCharsets.UTF_8));
        } catch (IOException e) {
            LOG.debug("cannot write the verification time of {}: {}", service, e.getMessage());
        }
    }
}
