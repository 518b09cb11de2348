package org.pgsteward.journal;

import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.UUID;
import java.util.stream.Stream;
import org.pgsteward.io.AtomicFile;
import org.pgsteward.io.BoundedFile;
import org.pgsteward.io.LockFile;
import org.pgsteward.model.JournalEntry;

/**
 * The folder in which rows wait for PostgreSQL, one file a row. A file appears by a rename, so the daemon and a command
 * may share the folder and never read half a row.
 */
public final class Spool {
    /** The maximum size of a file that is read, in bytes. */
    private static final int MOST_BYTES = 1024 * 1024;

    private static final String PART = ".part";

    /**
     * The age from which a partial file is a leftover. Writing a row takes less time, even on a disk that is nearly
     * stuck.
     */
    private static final Duration BEING_WRITTEN = Duration.ofHours(1);

    private static final DateTimeFormatter NAME = DateTimeFormatter.ofPattern(
                    "yyyyMMdd'T'HHmmss.SSSSSSSSS", Locale.ROOT)
            .withZone(ZoneOffset.UTC);

    private final Path folder;
    private final ObjectMapper json;
    private final Clock clock;
    private Instant last = Instant.MIN;

    /** @throws IOException if the folder cannot be created */
    public Spool(Path folder, ObjectMapper json, Clock clock) throws IOException {
        this(json, clock, Files.createDirectories(folder));
        removeLeftovers();
    }

    private Spool(ObjectMapper json, Clock clock, Path folder) {
        this.folder = folder;
        this.json = json;
        this.clock = clock;
    }

    /** Removes the files that a killed process had begun to write. {@link #put} had not returned for them. */
    private void removeLeftovers() throws IOException {
        try (DirectoryStream<Path> parts = Files.newDirectoryStream(folder, ".*" + PART)) {
            for (Path part : parts) {
                if (isLeftover(part)) {
                    Files.deleteIfExists(part);
                }
            }
        }
    }

    /** Returns whether a partial file is a leftover; false if another process has just renamed it. */
    private boolean isLeftover(Path part) throws IOException {
        try {
            Instant begun =
                    Files.getLastModifiedTime(part, LinkOption.NOFOLLOW_LINKS).toInstant();
            return begun.plus(BEING_WRITTEN).isBefore(clock.instant());
        } catch (NoSuchFileException renamed) {
            return false;
        }
    }

    /** Returns a spool that takes no rows, without creating its folder. */
    public static Spool unopened(Path folder, ObjectMapper json, Clock clock) {
        return new Spool(json, clock, folder);
    }

    /**
     * Stores the row of {@code entry} until it is in its table. When this returns, the row survives a power cut.
     *
     * @throws IOException if the disk does not take it
     */
    public synchronized void put(JournalEntry entry) throws IOException {
        byte[] row = json.writeValueAsBytes(row(entry));
        String name = NAME.format(last) + "-" + UUID.randomUUID() + ".json";
        AtomicFile.write(folder.resolve(name), row);
    }

    /** Returns the stored form of {@code entry}, dated after all rows that were put before. */
    public synchronized JournalRow row(JournalEntry entry) {
        // Names sort in the order of writing, even when two rows fall into one tick of the clock or the clock steps
        // back.
        Instant now = clock.instant();
        last = now.isAfter(last) ? now : last.plusNanos(1);
        return JournalRow.of(entry).saidAt(last);
    }

    /**
     * Takes the right to write rows to their tables; empty while another process has it. Two processes at once could
     * write an older row of a backup after a newer one. The kernel releases the lock of a process that dies.
     */
    public Optional<Claim> claim() throws IOException {
        return LockFile.take(folder.resolve(".lock")).map(Claim::new);
    }

    /** The right to write rows to their tables, released by closing it. */
    public record Claim(LockFile lock) implements AutoCloseable {
        @Override
        public void close() throws IOException {
            lock.close();
        }
    }

    /** Returns the waiting files, oldest first. Omits a file as long as an older file may not be visible yet. */
    public List<Path> waiting() throws IOException {
        List<Path> first = listed();
        if (first.isEmpty()) {
            return first;
        }
        // A folder that grows while it is listed may show the newer of two files and not the older one. A second
        // listing shows all files that are older than a file of the first.
        Path newest = first.get(first.size() - 1);
        return listed().stream().filter(file -> file.compareTo(newest) <= 0).toList();
    }

    private List<Path> listed() throws IOException {
        try (Stream<Path> files = Files.list(folder)) {
            return files.filter(file -> file.getFileName().toString().matches("\\d.*\\.json"))
                    .sorted()
                    .toList();
        }
    }

    public JournalRow read(Path file) throws IOException {
        return json.readValue(BoundedFile.bytes(file, MOST_BYTES), JournalRow.class);
    }

    /** Removes the file of a row that is in its table. */
    public void done(Path file) throws IOException {
        Files.deleteIfExists(file);
    }

    /**
     * Sets a file aside and keeps it, since a row that its table refuses must not delay the rows behind it.
     *
     * @return the new path
     */
    public Path setAside(Path file) throws IOException {
        Path refused = Files.createDirectories(folder.resolve("refused")).resolve(file.getFileName());
        return Files.move(file, refused, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    }
}
