package org.pgsteward.backup.copy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIOException;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.StringReader;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@Tag("fast")
class RcloneNamesTest {
    private static Iterable<String> read(String lines) throws IOException {
        return RcloneNames.read(new BufferedReader(new StringReader(lines)));
    }

    @Test
    void unfinishedFilesAndNamesThatPgstewardNeverWritesAreLeftOut() throws IOException {
        assertThat(read("app/a.dump.zst\nRECOVERY.md\n.pgsteward-copies\napp/a.dump.zst.part\n"))
                .containsExactly("app/a.dump.zst", "RECOVERY.md");
        assertThat(read("../x\na/../../x\n/etc/passwd\na//b\n./a\na/\u001b[31m\n\n" + "x".repeat(2_000) + "\nok\n"))
                .containsExactly("ok");
        assertThat(read("complete\ncut")).containsExactly("complete");
    }

    @Test
    void theNumberOfFilesIsLimited() {
        assertThatIOException().isThrownBy(() -> read("a\n".repeat(200_001))).withMessageContaining("200000 files");
    }

    @Test
    void onlyManifestsStay(@TempDir Path folder) throws IOException {
        Files.createDirectories(folder.resolve("app"));
        Path manifest = Files.writeString(folder.resolve("app/a.dump.zst.manifest.json"), "{}");
        Files.writeString(folder.resolve("app/other"), "x");
        Files.createSymbolicLink(folder.resolve("app/b.dump.zst.manifest.json"), manifest);
        assertThat(RcloneNames.keepManifests(folder)).isEqualTo(1);
        assertThat(folder.resolve("app")).isDirectoryContaining(file -> file.equals(manifest));
        assertThat(CopyHost.filesIn(folder)).containsExactly("app/a.dump.zst.manifest.json");
    }
}
