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
 * The folder in which rows wait for PostgreSQL: one file a row, made by rename, so that the daemon and a command may
 * share it and neither reads half a row.
 */
public final class Spool {
    /** Bytes of a file that is read. */
    private static final int MOST_BYTES = 1024 * 1024;

    private static final String PART = ".part";

    /** A row takes less, even on a disk that is nearly stuck. */
    private static final Duration BEING_WRITTEN = Duration.ofHours(1);

    private static final DateTimeFormatter NAME = DateTimeFormatter.ofPattern(
                    "yyyyMMdd'T'HHmmss.SSSSSSSSS", Locale.ROOT)
            .withZone(ZoneOffset.UTC);

    private final Path folder;
    private final ObjectMapper json;
    private final Clock clock;
    private Instant last = Instant.MIN;

    /** @throws IOException when the folder cannot be made */
    public Spool(Path folder, ObjectMapper json, Clock clock) throws IOException {
        this(json, clock, Files.createDirectories(folder));
        removeLeftovers();
    }

    private Spool(ObjectMapper json, Clock clock, Path folder) {
        this.folder = folder;
        this.json = json;
        this.clock = clock;
    }

    /** Removes the files that a killed process had begun to write; {@link #put} had not returned for them. */
    private void removeLeftovers() throws IOException {
        try (DirectoryStream<Path> parts = Files.newDirectoryStream(folder, ".*" + PART)) {
            for (Path part : parts) {
                if (isLeftover(part)) {
                    Files.deleteIfExists(part);
                }
            }
        }
    }

    /** False for a file that another process has just renamed. */
    private boolean isLeftover(Path part) throws IOException {
        try {
            Instant begun =
                    Files.getLastModifiedTime(part, LinkOption.NOFOLLOW_LINKS).toInstant();
            return begun.plus(BEING_WRITTEN).isBefore(clock.instant());
        } catch (NoSuchFileException renamed) {
            return false;
        }
    }

    /** One that nothing is put into: its folder is not made. */
    public static Spool unopened(Path folder, ObjectMapper json, Clock clock) {
        return new Spool(json, clock, folder);
    }

    /**
     * Keeps what {@code entry} says until it is written. When this returns, the row survives a power cut.
     *
     * @throws IOException when the disk does not take it
     */
    public synchronized void put(JournalEntry entry) throws IOException {
        byte[] row = json.writeValueAsBytes(row(entry));
        String name = NAME.format(last) + "-" + UUID.randomUUID() + ".json";
        AtomicFile.write(folder.resolve(name), row);
    }

    /** What {@code entry} says, as it is kept, said after all that was put before. */
    public synchronized JournalRow row(JournalEntry entry) {
        // Names sort as rows were written, also when two fall into one tick of the clock or the clock steps back.
        Instant now = clock.instant();
        last = now.isAfter(last) ? now : last.plusNanos(1);
        return JournalRow.of(entry).saidAt(last);
    }

    /**
     * The right to carry rows from here to their tables; empty while another process has it. Two at once could let an
     * older row of a backup come after a newer one. The kernel takes it back from a process that dies.
     */
    public Optional<Claim> claim() throws IOException {
        return LockFile.take(folder.resolve(".lock")).map(Claim::new);
    }

    /** The right to carry rows; given back when it is closed. */
    public record Claim(LockFile lock) implements AutoCloseable {
        @Override
        public void close() throws IOException {
            lock.close();
        }
    }

    /** What waits, oldest first, and nothing while what was put before it is not seen. */
    public List<Path> waiting() throws IOException {
        List<Path> first = listed();
        if (first.isEmpty()) {
            return first;
        }
        // A folder that grows while it is read may show the newer of two files and not the older one. Whatever came
        // before
        // one that was seen is there at a second look.
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

    /** It stands in its table. */
    public void done(Path file) throws IOException {
        Files.deleteIfExists(file);
    }

    /**
     * Out of the way, and kept: a row that its table refuses must not hold up the rows behind it.
     *
     * @return where it is now
     */
    public Path setAside(Path file) throws IOException {
        Path refused = Files.createDirectories(folder.resolve("refused")).resolve(file.getFileName());
        return Files.move(file, refused, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    }
}
