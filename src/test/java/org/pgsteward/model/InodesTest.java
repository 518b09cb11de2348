package org.pgsteward.model;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@Tag("fast")
class InodesTest {
    private static final Path SYSTEM = Path.of("/dev/shm");
    private static final int FILES = 2000;

    /** A tmpfs counts each file at once, and hardly any other process creates files there. */
    @Test
    void eachFileTakesOne() throws IOException {
        Path folder = Files.createTempDirectory(SYSTEM, "pgsteward-inodes");
        try {
            Inodes before = Inodes.of(folder).orElseThrow();
            for (int n = 0; n < FILES; n++) {
                Files.createFile(folder.resolve("-f " + n));
            }

            Inodes after = Inodes.of(folder).orElseThrow();

            assertThat(after.total()).isEqualTo(before.total());
            assertThat(before.free() - after.free()).isBetween(FILES / 2L, FILES * 2L);
        } finally {
            try (var files = Files.list(folder)) {
                for (Path file : files.toList()) {
                    Files.delete(file);
                }
            }
            Files.delete(folder);
        }
    }

    @Test
    void aFolderThatIsNotThereHasNone(@TempDir Path folder) {
        assertThat(Inodes.of(folder.resolve("not there"))).isEmpty();
    }
}
