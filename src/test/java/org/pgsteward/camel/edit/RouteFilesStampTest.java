package org.pgsteward.camel.edit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermissions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.pgsteward.camel.lint.RouteFilesStamp;

@Tag("fast")
class RouteFilesStampTest {
    @TempDir
    private Path folder;

    private Path file;
    private RouteFilesStamp before;

    @BeforeEach
    void write() throws Exception {
        Files.createDirectory(folder.resolve("receivers"));
        file = Files.writeString(folder.resolve("one.camel.yaml"), "one");
        before = RouteFilesStamp.read(folder);
        // The kernel's clock for times of files ticks every few milliseconds.
        Path clock = folder.resolve("clock");
        await().until(() ->
                Files.getLastModifiedTime(Files.writeString(clock, "x")).compareTo(Files.getLastModifiedTime(file))
                        > 0);
    }

    @Test
    void unchangedFilesHaveTheSameStamp() throws Exception {
        Files.writeString(folder.resolve("notes.txt"), "no route file");

        assertThat(RouteFilesStamp.read(folder)).isEqualTo(before);
        assertThat(RouteFilesStamp.read(folder.resolve("missing")).entries()).isEmpty();
    }

    @Test
    void editOfTheSameSizeAndTimeChangesIt() throws Exception {
        FileTime time = Files.getLastModifiedTime(file);
        Files.writeString(file, "two");
        Files.setLastModifiedTime(file, time);

        changed();
    }

    @Test
    void replacementChangesIt() throws Exception {
        Path part = Files.writeString(folder.resolve(".part"), "two");
        Files.setLastModifiedTime(part, Files.getLastModifiedTime(file));
        Files.move(part, file, StandardCopyOption.ATOMIC_MOVE);

        changed();
    }

    @Test
    void permissionsChangeIt() throws Exception {
        Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("---------"));

        changed();
    }

    @Test
    void newReceiverChangesIt() throws Exception {
        Files.writeString(folder.resolve("receivers/one.camel.yaml"), "one");

        changed();
    }

    @Test
    void removalChangesIt() throws Exception {
        Files.delete(file);

        changed();
    }

    private void changed() throws Exception {
        assertThat(RouteFilesStamp.read(folder)).isNotEqualTo(before);
    }
}
