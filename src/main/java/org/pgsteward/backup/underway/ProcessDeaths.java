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
 * The services with runs during which the daemon's process died, for example by an OutOfMemoryError. A run is a backup
 * or a verification. A database that ended the process once often does so again, and the backups of all other services
 * wait for each restart.
 *
 * <ol>
 *   <li>While a run is under way, a file marks its service. A mark that exists when the daemon starts belongs to a
 *       process that died.
 *   <li>A marked service is suspected for a day. A verification of it that comes to its own end clears it earlier, with
 *       any result.
 *   <li>After {@link #MOST} deaths in a row within a day, the service is held: the daemon starts no run of it for
 *       {@link #HOLD}.
 * </ol>
 */
public final class ProcessDeaths {
    /** The number of deaths in a row that holds a service. Two may be a host that was switched off and an update. */
    static final int MOST = 3;

    static final Duration HOLD = Duration.ofHours(6);

    private static final Duration REMEMBERED = Duration.ofDays(1);

    private static final String RUNNING = ".running";
    private static final String ENDED = ".ended";

    /** The limit of files that are read. */
    private static final int MOST_FILES = 1000;

    /** The limit of a file, in characters. */
    private static final int LONGEST = 200;

    private static final Logger LOG = LoggerFactory.getLogger(ProcessDeaths.class);

    private final Path folder;
    private final Clock clock;

    /** The times of death by the folder name of the service, oldest first; null before the first use. */
    private @Nullable Map<String, List<Instant>> deaths;

    /** @param folder a folder for the marks alone, which outlives the process; it is created when it is needed */
    public ProcessDeaths(Path folder, Clock clock) {
        this.folder = folder;
        this.clock = clock;
    }

    /** Marks a service, because a run of it begins. */
    synchronized void begin(String service) {
        known();
        try {
            Files.createDirectories(folder);
            Files.writeString(file(service, RUNNING), service);
        } catch (IOException e) {
            LOG.debug("cannot record the start of a run of {}: {}", service, e.getMessage());
        }
    }

    /**
     * Removes the mark of a service, because its last run under way came to an end.
     *
     * @param isVerification whether the run was a verification; only such a run clears a suspicion, since the end of a
     *     backup does not show that its verification survives
     */
    synchronized void end(String service, boolean isVerification) {
        try {
            if (isVerification) {
                known().remove(ServiceFolder.name(service));
                Files.deleteIfExists(file(service, ENDED));
            }
            Files.deleteIfExists(file(service, RUNNING));
        } catch (IOException e) {
            LOG.debug("cannot remove the record of a run of {}: {}", service, e.getMessage());
        }
    }

    /**
     * Returns whether the process died during a run of the service within the last day, without a verification that
     * ended since.
     */
    public synchronized boolean isSuspected(String service) {
        return !recent(service).isEmpty();
    }

    /** Returns the time until which the daemon starts no run of the service; empty if the service is not held. */
    public synchronized Optional<Instant> heldUntil(String service) {
        List<Instant> recent = recent(service);
        return recent.size() < MOST
                ? Optional.empty()
                : Optional.of(recent.get(recent.size() - 1).plus(HOLD)).filter(until -> until.isAfter(clock.instant()));
    }

    /** Returns the services that are held, in alphabetical order. */
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
                LOG.warn("cannot determine during which backups pgsteward ended: {}", e.getMessage());
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
            LOG.warn("cannot read the times in {}: {}", file, e.getMessage());
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
