package org.pgsteward.alert;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.ObjectReader;
import java.io.IOException;
import java.nio.channels.ClosedByInterruptException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.pgsteward.io.AtomicFile;
import org.pgsteward.io.BoundedFile;
import org.pgsteward.io.FolderStamp;
import org.pgsteward.io.LockFile;
import org.pgsteward.model.AlertKinds;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Files of the alerts, one each. A file that cannot be parsed is logged and set aside; the other files are still read.
 *
 * <p>A file that the previous version named after a renamed kind is read as an alert of the new kind. The first write
 * of that alert replaces the file.
 */
final class AlertStore {
    /** Size limit of an alert's file, in bytes. */
    private static final int MOST_BYTES = 1024 * 1024;

    private static final Logger LOG = LoggerFactory.getLogger(AlertStore.class);
    private static final String ENDING = ".json";

    /** Locks between threads: a file lock that this process already holds is refused, not awaited. */
    private static final Map<Path, Object> ALONE = new ConcurrentHashMap<>();

    /** The longest time without a reading of all files. */
    private static final Duration READ_AGAIN_AFTER = Duration.ofMinutes(1);

    /** A reading of all files, which is valid while the folder is unchanged. */
    private record Reading(FolderStamp folder, List<Alert> alerts) {}

    private volatile @Nullable Reading last;

    /** The files that could not be read last time. Each is logged once. */
    private final Set<Path> unreadable = ConcurrentHashMap.newKeySet();

    private final Path folder;
    private final Reserve reserve;
    private final ObjectMapper json;
    private final ObjectReader reader;

    AlertStore(Path folder, ObjectMapper json) {
        this.folder = folder;
        this.reserve = new Reserve(folder);
        this.json = json;
        this.reader = json.readerFor(Alert.class).with(DeserializationFeature.FAIL_ON_MISSING_CREATOR_PROPERTIES);
    }

    /**
     * Runs {@code work} while no other thread or process writes alerts. Without the lock, the daemon and a command that
     * change one alert at once would lose one of the changes. If the disk refuses the lock, the work runs without it:
     * no other process can write then either.
     */
    void alone(Runnable work) {
        synchronized (ALONE.computeIfAbsent(folder.toAbsolutePath().normalize(), unused -> new Object())) {
            LockFile lock = null;
            try {
                lock = LockFile.await(Files.createDirectories(folder).resolve(".lock"));
            } catch (IOException refused) {
                LOG.debug("cannot lock the alerts, so they are written without the lock: {}", refused.toString());
            }
            try {
                work.run();
            } finally {
                release(lock);
            }
        }
    }

    private static void release(@Nullable LockFile lock) {
        try {
            if (lock != null) {
                lock.close();
            }
        } catch (IOException refused) {
            LOG.debug("cannot release the lock of the alerts before this process ends: {}", refused.toString());
        }
    }

    /** @throws IOException if the alert's file exists but cannot be read */
    Optional<Alert> read(String key) throws IOException {
        Optional<Alert> present = read(file(key));
        Optional<Path> previous = previousFile(key);
        return present.isPresent() || previous.isEmpty() ? present : read(previous.get());
    }

    /** @throws IOException if the disk refuses the file; the previous file is then unchanged */
    void write(Alert alert) throws IOException {
        byte[] page = json.writeValueAsBytes(alert);
        try {
            AtomicFile.write(file(alert.key()), page);
        } catch (IOException full) {
            if (!reserve.giveUp()) {
                throw full;
            }
            AtomicFile.write(file(alert.key()), page);
        }
        removePreviousFile(alert.key());
    }

    /** Reserves space for alerts that are written when the disk is full. */
    void keepReserve() {
        reserve.keep();
    }

    /** @throws IOException if the disk refuses the removal */
    void remove(String key) throws IOException {
        // The previous file first: if only the new one were removed, the alert would fire again.
        removePreviousFile(key);
        AtomicFile.remove(file(key));
    }

    private void removePreviousFile(String key) throws IOException {
        Optional<Path> previous = previousFile(key);
        if (previous.isPresent()) {
            AtomicFile.remove(previous.get());
        }
    }

    /**
     * Returns all alerts, by this process and others. An alert whose file cannot be read is logged and left out. While no file
     * changes, the result is the same object, and costs no reading of the files.
     *
     * @throws IOException if the folder cannot be read
     */
    List<Alert> all() throws IOException {
        if (!Files.isDirectory(folder)) {
            return List.of();
        }
        FolderStamp stamp = FolderStamp.read(folder);
        Reading before = last;
        if (before != null && stamp.isUnchangedSince(before.folder(), READ_AGAIN_AFTER)) {
            return before.alerts();
        }
        List<Alert> found = new ArrayList<>();
        boolean complete = readAll(found);
        found.sort(Comparator.comparing(Alert::key));
        List<Alert> alerts = List.copyOf(found);
        last = complete ? new Reading(stamp, alerts) : null;
        return alerts;
    }

    /** Adds each alert, and returns whether all files could be read. */
    private boolean readAll(List<Alert> alerts) throws IOException {
        boolean complete = true;
        List<Path> files;
        try (Stream<Path> entries = Files.list(folder)) {
            files = entries.filter(file -> file.toString().endsWith(ENDING)).toList();
        }
        for (Path file : files) {
            try {
                read(file).filter(alert -> isPresent(file, alert)).ifPresent(alerts::add);
                unreadable.remove(file);
            } catch (ClosedByInterruptException interrupted) {
                throw interrupted;
            } catch (IOException refused) {
                complete = false;
                if (unreadable.add(file)) {
                    LOG.warn("cannot read alert file {}, so its alert is left out: {}", file, refused.toString());
                }
            }
        }
        return complete;
    }

    /** Returns whether the file is the alert's present one. The previous file counts if there is no other. */
    private boolean isPresent(Path file, Alert alert) {
        return !Optional.of(file).equals(previousFile(alert.key())) || Files.notExists(file(alert.key()));
    }

    private Optional<Alert> read(Path file) throws IOException {
        try {
            return Optional.of(reader.readValue(BoundedFile.bytes(file, MOST_BYTES)));
        } catch (NoSuchFileException none) {
            return Optional.empty();
        } catch (JsonProcessingException torn) {
            Path aside = file.resolveSibling(file.getFileName() + ".corrupt");
            Files.move(file, aside, StandardCopyOption.REPLACE_EXISTING);
            LOG.warn(
                    "cannot parse alert file {}, which is now {}: {}; the alert fires again if its cause persists",
                    file,
                    aside.getFileName(),
                    OneLine.of(torn.getOriginalMessage(), 200));
            return Optional.empty();
        }
    }

    /** Returns a readable file name. It ends with a hash of the key, so different keys never share a file. */
    private Path file(String key) {
        String readable = key.replaceAll("[^A-Za-z0-9_-]+", "-");
        String start = readable.substring(0, Math.min(80, readable.length()));
        return folder.resolve(start + "-" + hash(key) + ENDING);
    }

    /** Returns the file that the previous version had for this alert; empty if its kind was not renamed. */
    private Optional<Path> previousFile(String key) {
        int colon = key.indexOf(':');
        return colon < 0
                ? Optional.empty()
                : AlertKinds.previous(key.substring(0, colon)).map(kind -> file(kind + key.substring(colon)));
    }

    private static String hash(String key) {
        try {
            byte[] digest =
                    java.security.MessageDigest.getInstance("SHA-256").digest(key.getBytes(StandardCharsets.UTF_8));
            return HexFormat.of().formatHex(digest, 0, 6);
        } catch (java.security.NoSuchAlgorithmException impossible) {
            throw new IllegalStateException("every Java has SHA-256", impossible);
        }
    }
}
