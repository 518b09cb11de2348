package org.pgsteward.cli.demo;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.pgsteward.monitor.ThresholdsFile;

/** Copy of the route files, which a visitor of the demonstration may edit without a change of the checkout. */
final class DemoRoutes {
    /** The free space of this machine is not a subject of the demonstration. */
    private static final String NO_DISK = "disk: {warn: off, critical: off}";

    private DemoRoutes() {}

    /**
     * Copies the route files.
     *
     * @param copy folder to make
     * @throws IOException if a file cannot be read or written
     */
    static Path copy(Path routes, Path copy) throws IOException {
        List<Path> files;
        try (Stream<Path> all = Files.walk(routes)) {
            files = all.filter(Files::isRegularFile).toList();
        }
        for (Path file : files) {
            Path target = copy.resolve(routes.relativize(file));
            Files.createDirectories(target.getParent());
            Files.copy(file, target);
        }
        Path levels = Files.createDirectories(copy).resolve(ThresholdsFile.NAME);
        List<String> kept = Files.exists(levels)
                ? Files.readAllLines(levels).stream()
                        .filter(line -> !line.startsWith("disk:"))
                        .toList()
                : List.of();
        Files.write(levels, Stream.concat(kept.stream(), Stream.of(NO_DISK)).toList());
        return copy;
    }
}
