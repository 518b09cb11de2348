package org.pgsteward.backup.copy.ends;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

@Tag("fast")
class MountedFolderTest {
    @Test
    void filesAreThereAgainAfterTheDiskWasRemoved() throws Exception {
        try (MountedFolder disk = MountedFolder.of("1m")) {
            Path file = Files.writeString(disk.folder().resolve("a"), "text");
            try (var open = Files.newInputStream(file)) {
                disk.unmount();
                assertThat(disk.folder()).isEmptyDirectory();
                assertThat(mounts()).doesNotContain(disk.folder().toString());
                assertThat(open.readAllBytes()).hasSize(4);
            }
            disk.mount();
            assertThat(mounts()).contains(disk.folder().toString());
            assertThat(file).hasContent("text");
        }
    }

    @Test
    void diskCanBecomeReadOnlyAndFull() throws Exception {
        try (MountedFolder disk = MountedFolder.of("1m")) {
            Path file = disk.folder().resolve("a");
            disk.readOnly(true);
            assertThatThrownBy(() -> Files.writeString(file, "text")).hasMessageContaining("Read-only file system");
            disk.readOnly(false);
            disk.fill();
            assertThatThrownBy(() -> Files.writeString(file, "text")).hasMessageContaining("No space left");
            disk.free();
            disk.leave(100_000);
            assertThatThrownBy(() -> Files.write(file, new byte[300_000])).hasMessageContaining("No space left");
            disk.free();
            assertThat(Files.write(file, new byte[300_000])).hasSize(300_000);
        }
    }

    private static String mounts() throws Exception {
        return Files.readString(Path.of("/proc/self/mountinfo"));
    }
}
