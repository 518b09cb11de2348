package org.pgsteward.alert;

import com.fasterxml.jackson.core.JacksonException;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.CharConversionException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.PriorityQueue;
import java.util.function.Consumer;
import org.pgsteward.io.BoundedFile;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Record of the incidents that have ended: {@code <state.dir>/history.jsonl}, one JSON document a line. It needs no
 * PostgreSQL, since many incidents are about PostgreSQL. The journal has notifications only, without reasons and without
 * alerts that a silence muted.
 *
 * <p>At 1 MB, about 3,000 incidents, the file replaces {@code history.1.jsonl}. So both have 2 MB at most.
 */
public final class AlertHistory {
    private static final Logger LOG = LoggerFactory.getLogger(AlertHistory.class);
    private static final int MOST_BYTES = 1_000_000;

    private final Path file;
    private final Path older;
    private final ObjectMapper json;
    private final int most;

    /** @param stateDir {@code pgsteward.state.dir} */
    public AlertHistory(Path stateDir, ObjectMapper json) {
        this(stateDir, json, MOST_BYTES);
    }

    AlertHistory(Path stateDir, ObjectMapper json, int most) {
        this.file = stateDir.resolve("history.jsonl");
        this.older = stateDir.resolve("history.1.jsonl");
        this.json = json;
        this.most = most;
    }

    /**
     * Records an incident if the change has ended it. The caller holds the lock of the alerts. A full disk loses only the
     * record.
     */
    void keep(Optional<Alert> before, Alert after) {
        if (after.isFiring() || before.filter(Alert::isFiring).isEmpty()) {
            return;
        }
        try {
            // The first line break ends a line that a killed process left unfinished.
            byte[] line = ("\n" + json.writeValueAsString(Incident.of(after)) + "\n").getBytes(StandardCharsets.UTF_8);
            if (Files.exists(file) && Files.size(file) + line.length > most) {
                Files.move(file, older, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
            }
            if (!Files.exists(file)) {
                Files.createFile(
                        file, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
            }
            Files.write(file, line, StandardOpenOption.APPEND);
        } catch (IOException refused) {
            LOG.warn("cannot record the end of alert {} {}: {}", after.service(), after.kind(), refused.toString());
        }
    }

    /**
     * Returns the incidents that fire or have ended at or after {@code since}, the newest start first.
     *
     * @throws IOException if a file exists and cannot be read
     */
    public List<Incident> since(Instant since, Collection<Alert> firing) throws IOException {
        List<Incident> incidents = new ArrayList<>();
        firing.stream().map(Incident::of).forEach(incidents::add);
        forEach(incident -> {
            if (!incident.end(Instant.MAX).isBefore(since)) {
                incidents.add(incident);
            }
        });
        incidents.sort(Comparator.comparing(Incident::since).reversed());
        return incidents;
    }

    /**
     * Returns the incidents that have ended at or after {@code since}, the newest start first. The daemon has a small heap,
     * so no more than {@code most} are in memory.
     *
     * @throws IOException if a file exists and cannot be read
     */
    List<Incident> newest(Instant since, int most) throws IOException {
        PriorityQueue<Incident> newest = new PriorityQueue<>(Comparator.comparing(Incident::since));
        forEach(incident -> {
            if (!incident.end(Instant.MAX).isBefore(since)) {
                newest.add(incident);
                if (newest.size() > most) {
                    newest.remove();
                }
            }
        });
        return newest.stream()
                .sorted(Comparator.comparing(Incident::since).reversed())
                .toList();
    }

    /** Passes on each recorded incident. The lines are parsed where they are, without a copy of the file as text. */
    private void forEach(Consumer<Incident> action) throws IOException {
        for (Path one : List.of(older, file)) {
            byte[] bytes = bytes(one);
            int start = 0;
            for (int end = 0; end <= bytes.length; end++) {
                if (end == bytes.length || bytes[end] == '\n') {
                    if (end > start) {
                        read(bytes, start, end - start).ifPresent(action);
                    }
                    start = end + 1;
                }
            }
        }
    }

    /** The size, the time and the identity of a file or of several; equal while nothing has been recorded. */
    record FileState(List<Object> values) {}

    /**
     * Returns the state of the files.
     *
     * @throws IOException if a file exists and its state cannot be read
     */
    FileState state() throws IOException {
        List<Object> values = new ArrayList<>();
        for (Path one : List.of(older, file)) {
            try {
                BasicFileAttributes found = Files.readAttributes(one, BasicFileAttributes.class);
                values.add(List.of(found.size(), found.lastModifiedTime(), String.valueOf(found.fileKey())));
            } catch (NoSuchFileException none) {
                values.add("");
            }
        }
        return new FileState(List.copyOf(values));
    }

    private byte[] bytes(Path one) throws IOException {
        try {
            return BoundedFile.bytes(one, 2 * most);
        } catch (NoSuchFileException none) {
            return new byte[0];
        }
    }

    private Optional<Incident> read(byte[] bytes, int start, int length) throws IOException {
        try {
            return Optional.ofNullable(json.readValue(bytes, start, length, Incident.class));
        } catch (JacksonException | CharConversionException torn) {
            return Optional.empty();
        }
    }
}
