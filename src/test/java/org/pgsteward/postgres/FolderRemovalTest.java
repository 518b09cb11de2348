package org.pgsteward.postgres;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.io.TempDir;

@Tag("fast")
class FolderRemovalTest {
    /** After its process was killed, the shell that guards a scratch cluster removes the cluster's folder as well. */
    @RepeatedTest(3)
    void aFolderThatAnotherRemovesAtTheSameTimeIsRemoved(@TempDir Path parent) throws Exception {
        Path folder = parent.resolve("cluster");
        for (int directory = 0; directory < 40; directory++) {
            Path base = Files.createDirectories(folder.resolve("base/" + directory));
            for (int file = 0; file < 40; file++) {
                Files.createFile(base.resolve(Integer.toString(file)));
            }
        }
        Process other = new ProcessBuilder("rm", "-rf", folder.toString()).start();

        ThrowawayCluster.remove(folder);

        assertThat(folder).doesNotExist();
        other.waitFor();
    }
}
