package org.pgsteward.io;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.time.Instant;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@Tag("fast")
class FolderStampTest {
    private static final Duration LONG = Duration.ofMinutes(1);

    @TempDir
    private Path folder;

    @Test
    void aFolderThatNobodyChangedIsUnchanged() throws Exception {
        changedAt(Instant.now().minusSeconds(60));
        FolderStamp before = FolderStamp.read(folder);

        assertThat(FolderStamp.read(folder).isUnchangedSince(before, LONG)).isTrue();
    }

    @Test
    void eachKindOfChangeOfItsFilesIsSeen() throws Exception {
        Path file = Files.createFile(folder.resolve("one"));

        changes(() -> Files.createFile(folder.resolve("two")));
        changes(() -> AtomicFile.write(file, new byte[] {1}));
        changes(() -> Files.move(folder.resolve("two"), folder.resolve("three")));
        changes(() -> Files.delete(file));
    }

    /** Two changes within one tick of the file system's clock have the same time. */
    @Test
    void aFolderThatHasJustChangedMayChangeAgainUnseen() throws Exception {
        changedAt(Instant.now());
        FolderStamp before = FolderStamp.read(folder);

        assertThat(FolderStamp.read(folder).isUnchangedSince(before, LONG)).isFalse();
    }

    @Test
    void anOldStampOrOneOfTheFutureDoesNotCount() throws Exception {
        Instant now = Instant.now();
        FileTime changed = FileTime.from(now.minusSeconds(600));
        FolderStamp stamp = new FolderStamp(changed, now);

        assertThat(stamp.isUnchangedSince(new FolderStamp(changed, now.minus(LONG)), LONG))
                .isFalse();
        assertThat(stamp.isUnchangedSince(new FolderStamp(changed, now.plusSeconds(1)), LONG))
                .isFalse();
        assertThat(stamp.isUnchangedSince(new FolderStamp(changed, now.minusSeconds(1)), LONG))
                .isTrue();
    }

    /** A change of the files. */
    private interface Change {
        void make() throws Exception;
    }

    private void changes(Change change) throws Exception {
        changedAt(Instant.now().minusSeconds(60));
        FolderStamp before = FolderStamp.read(folder);
        change.make();
        assertThat(FolderStamp.read(folder).isUnchangedSince(before, LONG)).isFalse();
    }

    private void changedAt(Instant time) throws Exception {
        Files.setLastModifiedTime(folder, FileTime.from(time));
    }
}
