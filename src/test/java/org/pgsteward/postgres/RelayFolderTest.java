package org.pgsteward.postgres;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermissions;
import java.nio.file.attribute.UserPrincipal;
import java.time.Duration;
import java.time.Instant;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@Tag("fast")
class RelayFolderTest {
    private static final Instant NOW = Instant.parse("2027-01-01T12:00:00Z");

    @TempDir
    private Path parent;

    private UserPrincipal owner;

    @BeforeEach
    void owner() throws IOException {
        owner = Files.getOwner(parent);
    }

    @Test
    void aFolderOfAKilledProcessIsRemovedAndAYoungOneStays() throws Exception {
        Path old = folder("pgsteward-login-1", Duration.ofHours(1));
        Path young = folder("pgsteward-login-2", Duration.ofMinutes(1));
        Path other = folder("somebodys", Duration.ofHours(1));

        RelayFolder.removeAbandoned(parent, owner, NOW);

        assertThat(old).doesNotExist();
        assertThat(young).exists();
        assertThat(other).exists();
    }

    /** Once, each backup found this folder, failed to remove it, and ended. */
    @Test
    void aFolderOfAnotherUserIsLeftAlone() throws Exception {
        assumeTrue(
                System.getProperty("user.name").equals("root"),
                "skipped: only root can create a folder of another user; run the tests as root");
        Path foreign = folder("pgsteward-login-x", Duration.ofHours(1));
        Path inside = Files.createFile(foreign.resolve("file"));
        Files.setPosixFilePermissions(foreign, PosixFilePermissions.fromString("rwx------"));
        Files.setOwner(
                foreign, parent.getFileSystem().getUserPrincipalLookupService().lookupPrincipalByName("nobody"));
        Files.setLastModifiedTime(foreign, FileTime.from(NOW.minus(Duration.ofHours(1))));

        RelayFolder.removeAbandoned(parent, owner, NOW);

        assertThat(inside).exists();
    }

    @Test
    void aFileAndALinkOfSuchANameHarmNothing() throws Exception {
        Path elsewhere = folder("elsewhere", Duration.ofHours(1));
        Path content = Files.createFile(elsewhere.resolve("content"));
        Files.setLastModifiedTime(elsewhere, FileTime.from(NOW.minus(Duration.ofHours(1))));
        Files.createSymbolicLink(parent.resolve("pgsteward-login-link"), elsewhere);
        Path file = Files.createFile(parent.resolve("pgsteward-login-file"));
        Files.setLastModifiedTime(file, FileTime.from(NOW.minus(Duration.ofHours(1))));

        RelayFolder.removeAbandoned(parent, owner, NOW);

        assertThat(content).exists();
        assertThat(file).exists();
    }

    private Path folder(String name, Duration age) throws IOException {
        Path folder = Files.createDirectory(parent.resolve(name));
        Files.setLastModifiedTime(folder, FileTime.from(NOW.minus(age)));
        return folder;
    }
}
