package org.pgsteward.cli;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.FileTime;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.pgsteward.model.Size;

/** Progress of a backup of several databases, derived from the files in the store. */
final class BackupProgress implements Supplier<String> {
    private static final String MANIFEST = ".manifest.json";
    private static final String PART = ".part";

    private final Path store;
    private final int wanted;
    private final FileTime began;

    /** @param wanted number of backups to be made from {@code began} on */
    BackupProgress(Path store, int wanted, Instant began) {
        this.store = store;
        this.wanted = wanted;
        this.began = FileTime.from(began);
    }

    @Override
    public String get() {
        if (!Files.isDirectory(store)) {
            return "backing up";
        }
        try {
            List<Path> fresh = fresh();
            long stored = fresh.stream()
                    .filter(file -> file.toString().endsWith(MANIFEST))
                    .count();
            Optional<Path> part = fresh.stream()
                    .filter(file -> file.toString().endsWith(PART))
                    .filter(file -> !file.toString().endsWith(MANIFEST + PART))
                    .findFirst();
            return stored + " of " + wanted + " stored; " + (part.isEmpty() ? "verifying" : writing(part.get()));
        } catch (IOException | UncheckedIOException changesUnderOurHands) {
            return "backing up";
        }
    }

    /** Returns the new files. Each service has a folder of its own. */
    private List<Path> fresh() throws IOException {
        try (Stream<Path> files = Files.find(store, 2, this::isFresh)) {
            return files.toList();
        }
    }

    private boolean isFresh(Path file, BasicFileAttributes attributes) {
        return attributes.isRegularFile() && attributes.lastModifiedTime().compareTo(began) >= 0;
    }

    private static String writing(Path part) throws IOException {
        Path service = part.toAbsolutePath().getParent();
        return "writing " + (service == null ? part : service).getFileName() + ", " + Size.words(Files.size(part));
    }
}
