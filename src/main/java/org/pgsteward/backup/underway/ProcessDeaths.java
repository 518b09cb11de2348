package org.pgsteward.backup.underway;

import java.io.IOException;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.pgsteward.io.BoundedFile;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The services during whose backups and verifications the daemon's process ended, for example by an OutOfMemoryError. A
 * database that ended the process once often does so again, and the backups of all other services wait for each restart.
 *
 * <ol>
 *   <li>While a run is under way, there is a file for its service. One that is there when the daemon begins to work is of a
 *       process that ended.
 *   <li>A service with such an end is suspected until one of its verifications comes to an end of its own, whatever the
 *       result, or for a day.
 *   <li>After {@link #MOST} in a row within a day it is held: nothing of it begins by itself for {@link #HOLD}.
 * </ol>
 */
public final class ProcessDeaths {
    /** Ends in a row. Two may be a host that was switched off, and an update. */
    static final int MOST = 3;

    static final Duration HOLD = Duration.ofHours(6);

    private static final Duration REMEMBERED = Duration.ofDays(1);

    private static final String RUNNING = ".running";
    private static final String ENDED = ".ended";

    /** Files that are read. */
    private static final int MOST_FILES = 1000;

    /** Characters of a file. */
    private static final int LONGEST = 200;

    private static final Logger LOG = LoggerFactory.getLogger(ProcessDeaths.class);

    private final Path folder;
    private final Clock clock;

    /** By the folder's name of a service, the oldest first; null before the first use. */
    private @Nullable Map<String, List<Instant>> deaths;

    /** @param folder of its own, which outlives the process; it need not be there */
    public ProcessDeaths(Path folder, Clock clock) {
        this.folder = folder;
        this.clock = clock;
    }

    /** A run begins. */
    synchronized void begin(String service) {
        known();
        try {
            Files.createDirectories(folder);
            Files.writeString(file(service, RUNNING), service);
        } catch (IOException e) {
            LOG.debug("cannot write that a run of {} is under way: {}", service, e.getMessage());
        }
    }

    /**
     * The last run of the service that was under way came to an end.
     *
     * @param isVerification the end of a backup that is made says nothing of its verification
     */
    synchronized void end(String service, boolean isVerification) {
        try {
            if (isVerification) {
                known().remove(ServiceFolder.name(service));
                Files.deleteIfExists(file(service, ENDED));
            }
            Files.deleteIfExists(file(service, RUNNING));
        } catch (IOException e) {
            LOG.debug("cannot remove that a run of {} is under way: {}", service, e.getMessage());
        }
    }

    /** Returns whether the process ended at the last run of the service. */
    public synchronized boolean isSuspected(String service) {
        return !recent(service).isEmpty();
    }

    /** Returns until when nothing of the service begins by itself; empty if it may. */
    public synchronized Optional<Instant> heldUntil(String service) {
        List<Instant> recent = recent(service);
        return recent.size() < MOST
                ? Optional.empty()
                : Optional.of(recent.get(recent.size() - 1).plus(HOLD)).filter(until -> until.isAfter(clock.instant()));
    }

    /** Returns the services that are held. */
    public synchronized List<String> held() {
        return known().keySet().stream()
                .map(name -> URLDecoder.decode(name, StandardCharsets.UTF_8))
                .filter(service -> heldUntil(service).isPresent())
                .sorted()
                .toList();
    }

    private List<Instant> recent(String service) {
        Instant since = clock.instant().minus(REMEMBERED);
        return known().getOrDefault(ServiceFolder.name(service), List.of()).stream()
                .filter(since::isBefore)
                .toList();
    }

    private Map<String, List<Instant>> known() {
        Map<String, List<Instant>> read = deaths;
        if (read == null) {
            read = new HashMap<>();
            try {
                read(read);
            } catch (IOException e) {
                LOG.warn("cannot determine at which backups pgsteward ended: {}", e.getMessage());
            }
            deaths = read;
        }
        return read;
    }

    private void read(Map<String, List<Instant>> into) throws IOException {
        if (!Files.isDirectory(folder)) {
            return;
        }
        List<String> names;
        try (Stream<Path> files = Files.list(folder)) {
            names = files.limit(MOST_FILES)
                    .map(file -> file.getFileName().toString())
                    .sorted(Comparator.reverseOrder())
                    .toList();
        }
        for (String name : names) {
            if (name.endsWith(RUNNING)) {
                String service = name.substring(0, name.length() - RUNNING.length());
                List<Instant> times = new ArrayList<>(times(folder.resolve(service + ENDED)));
                times.add(clock.instant());
                write(service, times.subList(Math.max(0, times.size() - MOST), times.size()));
                Files.delete(folder.resolve(name));
            }
        }
        try (Stream<Path> files = Files.list(folder)) {
            for (Path file : files.limit(MOST_FILES).toList()) {
                String name = file.getFileName().toString();
                if (name.endsWith(ENDED)) {
                    into.put(name.substring(0, name.length() - ENDED.length()), times(file));
                }
            }
        }
    }

    private static List<Instant> times(Path file) {
        if (!Files.exists(file)) {
            return List.of();
        }
        try {
            return BoundedFile.text(file, LONGEST)
                    .lines()
                    .map(line -> Instant.ofEpochMilli(Long.parseLong(line)))
                    .toList();
        } catch (NumberFormatException | IOException e) {
            LOG.warn("{} has no times and is not read: {}", file, e.getMessage());
            return List.of();
        }
    }

    private void write(String service, List<Instant> times) throws IOException {
        Files.writeString(
                folder.resolve(service + ENDED),
                times.stream().map(time -> Long.toString(time.toEpochMilli())).collect(Collectors.joining("\n")));
    }

    private Path file(String service, String ending) {
        return folder.resolve(ServiceFolder.name(service) + ending);
    }
}
