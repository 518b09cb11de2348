package org.pgsteward.backup.copy;

import com.fasterxml.jackson.core.JacksonException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import org.pgsteward.io.Json;
import org.pgsteward.io.LimitedStream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The commands of restic on one repository. */
final class Restic {
    /** Bytes of the list of snapshots: enough for half a million. */
    private static final long LARGEST_LIST = 512L << 20;

    private static final int LARGEST_TEXT = 1 << 20;

    /** The time for a command that moves no backup. A slow server may have thousands of index files. */
    private static final Duration USUAL = Duration.ofMinutes(30);

    /** The lowest rate at which a backup is expected to move. */
    private static final long SLOWEST_BYTES_PER_SECOND = 32 * 1024;

    /** Attempts while another process holds a lock, with a pause between them. */
    private static final int ATTEMPTS = 12;

    private static final Duration PAUSE = Duration.ofSeconds(5);

    private static final Logger LOG = LoggerFactory.getLogger(Restic.class);

    private static final ObjectMapper JSON = Json.mapper();

    private final ResticSettings settings;

    Restic(ResticSettings settings) {
        this.settings = settings;
    }

    /** Reads the output of a command to its end. */
    @FunctionalInterface
    interface Reading<T> {
        T read(InputStream output) throws IOException;
    }

    /** Writes the input of a command. It does not close the stream. */
    @FunctionalInterface
    interface Writing {
        void write(OutputStream input) throws IOException;
    }

    /** Returns the time limit for content of a size, at a limited rate or without a limit (0). */
    static Duration limit(long bytes, long bytesPerSecond) {
        long slowest = bytesPerSecond == 0
                ? SLOWEST_BYTES_PER_SECOND
                : Math.min(SLOWEST_BYTES_PER_SECOND, Math.max(1, bytesPerSecond / 2));
        return USUAL.plusSeconds(bytes / slowest);
    }

    /** Returns the snapshots with a tag of pgsteward. Needs no lock. */
    List<ResticSnapshot> snapshots() throws IOException, InterruptedException {
        return run(
                USUAL,
                List.of(
                        "snapshots",
                        "--no-lock",
                        "--json",
                        "--tag",
                        ResticSnapshot.OURS,
                        "--tag",
                        ResticSnapshot.CATALOGUE,
                        "--tag",
                        ResticSnapshot.CHECK),
                output -> ResticSnapshot.read(new LimitedStream(
                        output, LARGEST_LIST, "the target sent more than " + LARGEST_LIST + " bytes, the limit")));
    }

    /** Runs a command without input, and waits while another process holds a lock. */
    void run(String... command) throws IOException, InterruptedException {
        run(USUAL, List.of(command), output -> output.readNBytes(LARGEST_TEXT));
    }

    /** Runs a command that may fail in the ordinary way, without a wait for locks. */
    void attempt(String... command) throws IOException, InterruptedException {
        once(settings.folder(), USUAL, List.of(command), input -> {}, Restic::drain);
    }

    <T> T run(Duration limit, List<String> command, Reading<T> reading) throws IOException, InterruptedException {
        for (int attempt = 1; ; attempt++) {
            try {
                return once(settings.folder(), limit, command, input -> {}, reading);
            } catch (ResticFailure e) {
                if (e.kind() != ResticFailure.Kind.LOCKED || attempt == ATTEMPTS) {
                    throw e;
                }
            }
            unlock();
            TimeUnit.NANOSECONDS.sleep(PAUSE.toNanos());
        }
    }

    /** Removes the locks of processes that have ended. restic decides which these are. */
    void unlock() throws IOException, InterruptedException {
        attempt("unlock");
    }

    /**
     * Stores a stream as a snapshot with one file.
     *
     * @param name of the file. restic 0.18.0 fails if it is in a folder
     * @param content if it fails, restic is killed and there is no snapshot
     * @return the id of the snapshot
     */
    String store(String name, List<String> tags, long size, long bytesPerSecond, Writing content)
            throws IOException, InterruptedException {
        List<String> command = new ArrayList<>(backup(tags));
        if (bytesPerSecond > 0) {
            command.addAll(List.of("--limit-upload", Long.toString(Math.max(1, bytesPerSecond / 1024))));
        }
        command.addAll(List.of("--stdin", "--stdin-filename", "/" + name));
        return made(() -> once(settings.folder(), limit(size, bytesPerSecond), command, content, Restic::drain), tags);
    }

    /** Stores the content of a folder as a snapshot. */
    String store(Path folder, List<String> tags) throws IOException, InterruptedException {
        List<String> command = new ArrayList<>(backup(tags));
        command.add(".");
        return made(() -> once(folder, USUAL, command, input -> {}, Restic::drain), tags);
    }

    private static List<String> backup(List<String> tags) {
        List<String> command = new ArrayList<>(List.of("backup", "--quiet", "--host", ResticSnapshot.OURS));
        tags.forEach(tag -> command.addAll(List.of("--tag", tag)));
        return command;
    }

    /** A command that makes a snapshot. */
    @FunctionalInterface
    private interface Making {
        void run() throws IOException, InterruptedException;
    }

    /** Returns the id of the snapshot that the repository has afterwards and did not have before. */
    private String made(Making making, List<String> tags) throws IOException, InterruptedException {
        Set<String> before = new HashSet<>();
        snapshots().forEach(snapshot -> before.add(snapshot.id()));
        for (int attempt = 1; ; attempt++) {
            try {
                making.run();
                break;
            } catch (ResticFailure e) {
                if (e.kind() != ResticFailure.Kind.LOCKED || attempt == ATTEMPTS) {
                    throw e;
                }
            }
            unlock();
            TimeUnit.NANOSECONDS.sleep(PAUSE.toNanos());
        }
        return snapshots().stream()
                .filter(snapshot ->
                        !before.contains(snapshot.id()) && snapshot.tags().containsAll(tags))
                .map(ResticSnapshot::id)
                .findFirst()
                .orElseThrow(() -> new IOException("the repository does not have the snapshot that restic stored"));
    }

    /**
     * Removes snapshots.
     *
     * @throws IOException also if the repository keeps one of them
     */
    void forget(List<ResticSnapshot> snapshots) throws IOException, InterruptedException {
        if (snapshots.isEmpty()) {
            return;
        }
        List<String> command = new ArrayList<>(List.of("forget", "--quiet"));
        snapshots.forEach(snapshot -> command.add(snapshot.id()));
        run(USUAL, command, output -> output.readNBytes(LARGEST_TEXT));
        // A server that refuses may leave the exit code at 0.
        Set<String> removed = new HashSet<>();
        snapshots.forEach(snapshot -> removed.add(snapshot.id()));
        if (snapshots().stream().anyMatch(snapshot -> removed.contains(snapshot.id()))) {
            throw ResticFailure.kept();
        }
    }

    /** Removes missing parts from the index. A repository that refuses keeps its index. */
    void rebuildIndex() throws IOException, InterruptedException {
        try {
            // Version 0.14 has no other name for it.
            run("rebuild-index", "--quiet");
        } catch (ResticFailure e) {
            LOG.warn("{}: the index of the restic repository is not rebuilt: {}", settings.target(), e.getMessage());
        }
    }

    /** The size of the content of a snapshot. */
    record Size(long bytes, long files) {}

    Size size(ResticSnapshot snapshot) throws IOException, InterruptedException {
        return run(USUAL, List.of("stats", "--no-lock", "--json", "--mode", "restore-size", snapshot.id()), output -> {
            try {
                JsonNode stats = JSON.readTree(output.readNBytes(LARGEST_TEXT));
                return new Size(
                        stats.path("total_size").asLong(Long.MAX_VALUE),
                        stats.path("total_file_count").asLong(Long.MAX_VALUE));
            } catch (JacksonException e) {
                throw new IOException("restic printed no size of a snapshot", e);
            }
        });
    }

    /** Opens a file of a snapshot. */
    ResticStream open(String snapshot, String file, Duration limit) throws IOException {
        return new ResticStream(noLock -> start(settings.folder(), limit, dump(snapshot, file, noLock)), this::unlock);
    }

    private static List<String> dump(String snapshot, String file, boolean noLock) {
        List<String> command = new ArrayList<>(List.of("dump"));
        if (noLock) {
            command.add("--no-lock");
        }
        command.addAll(List.of(snapshot, file));
        return command;
    }

    private <T> T once(Path directory, Duration limit, List<String> command, Writing writing, Reading<T> reading)
            throws IOException, InterruptedException {
        try (ResticProgram program = start(directory, limit, command)) {
            try {
                writing.write(program.input());
                program.input().close();
            } catch (IOException e) {
                if (program.isAlive()) {
                    // Before its input is closed: restic would store what it has read so far.
                    program.kill();
                    throw e;
                }
                program.awaitSuccess();
                throw e;
            }
            T read;
            try {
                read = reading.read(program.output());
            } catch (IOException unreadable) {
                // A command that failed explains it better.
                drain(program.output());
                program.awaitSuccess();
                throw unreadable;
            }
            program.awaitSuccess();
            return read;
        }
    }

    private ResticProgram start(Path directory, Duration limit, List<String> command) throws IOException {
        List<String> all = new ArrayList<>(command);
        Path log = settings.folder().resolve("ssh-" + UUID.randomUUID() + ".log");
        all.addAll(1, ResticSsh.options(settings, log));
        return ResticProgram.start(settings, directory, limit, all, log);
    }

    private static String drain(InputStream output) throws IOException {
        String text = new String(output.readNBytes(LARGEST_TEXT), StandardCharsets.UTF_8);
        output.transferTo(OutputStream.nullOutputStream());
        return text;
    }
}
