package org.pgsteward.camel.edit;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Comparator;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import org.pgsteward.camel.lint.RouteFiles;

/** Copies of the route files that were last in force, in {@code <state.dir>/routes/}, readable for operators. */
final class LastGood {
    private final Path folder;
    private final Path next;
    private final Path before;

    LastGood(Path stateDir) {
        folder = stateDir.resolve("routes");
        next = stateDir.resolve("routes.next");
        before = stateDir.resolve("routes.before");
    }

    /** Returns the files that were last in force; empty if there are none yet. */
    Optional<RouteFiles> read() throws IOException {
        // After a crash between the two renames of a write, the older copy counts.
        Path there = Files.isDirectory(folder) ? folder : before;
        RouteFiles files = RouteFiles.read(there);
        return files.texts().isEmpty() ? Optional.empty() : Optional.of(files);
    }

    /** Writes all files or none, even if the process is killed. */
    void write(RouteFiles files) throws IOException {
        delete(next);
        for (Map.Entry<String, String> file : files.texts().entrySet()) {
            Path copy = next.resolve(file.getKey());
            Files.createDirectories(copy.getParent());
            Files.writeString(copy, file.getValue(), StandardCharsets.UTF_8);
        }
        if (Files.isDirectory(folder)) {
            delete(before);
            Files.move(folder, before, StandardCopyOption.ATOMIC_MOVE);
        }
        Files.move(next, folder, StandardCopyOption.ATOMIC_MOVE);
        delete(before);
    }

    private static void delete(Path folder) throws IOException {
        if (!Files.isDirectory(folder)) {
            return;
        }
        try (Stream<Path> files = Files.walk(folder)) {
            for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
                Files.delete(file);
            }
        }
    }
}
