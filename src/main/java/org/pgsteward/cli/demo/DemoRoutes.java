package org.pgsteward.cli.demo;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.pgsteward.monitor.ThresholdsFile;

/** Copy of the route files, which a visitor of the demonstration may edit without a change of the checkout. */
final class DemoRoutes {
    /** The free space of this machine is not a subject of the demonstration. */
    private static final String NO_DISK = "disk: {warn: off, critical: off} # since the demonstration runs on any disk";

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
        List<String> lines = new ArrayList<>(Files.exists(levels) ? Files.readAllLines(levels) : List.of());
        lines.replaceAll(line -> line.startsWith("disk:") ? NO_DISK : line);
        if (!lines.contains(NO_DISK)) {
            lines.add(NO_DISK);
        }
        Files.write(levels, lines);
        return copy;
    }
}
