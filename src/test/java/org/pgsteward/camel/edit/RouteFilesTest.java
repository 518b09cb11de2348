package org.pgsteward.camel.edit;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.TreeMap;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.pgsteward.camel.lint.RouteFiles;

@Tag("fast")
class RouteFilesTest {
    @TempDir
    private Path folder;

    @Test
    void readsRouteFilesAndThoseOfReceiversAndNothingElse() throws Exception {
        write("monitor.camel.yaml");
        write("receivers/slack.camel.yaml");
        write("templates/slack.camel.yaml");
        write("catalogue.json");
        write("notes.yaml");

        assertThat(RouteFiles.read(folder).texts())
                .containsOnlyKeys("monitor.camel.yaml", "receivers/slack.camel.yaml");
    }

    @Test
    void filesOfEditorsAreIgnored() throws Exception {
        write("monitor.camel.yaml");
        for (String beside : List.of(
                ".monitor.camel.yaml.swp",
                ".monitor.camel.yaml",
                "monitor.camel.yaml~",
                "#monitor.camel.yaml#",
                "monitor.camel.yaml.bak",
                "4913")) {
            write(beside);
        }
        Files.createSymbolicLink(folder.resolve(".#monitor.camel.yaml"), Path.of("somebody@host.1234"));

        RouteFiles files = RouteFiles.read(folder);

        assertThat(files.texts()).containsOnlyKeys("monitor.camel.yaml");
        assertThat(files.unreadable()).isEmpty();
    }

    @Test
    void unreadableFileIsNamedWithItsReason() throws Exception {
        Files.createDirectory(folder.resolve("folder.camel.yaml"));
        Files.createSymbolicLink(folder.resolve("link.camel.yaml"), Path.of("nowhere"));
        Files.write(folder.resolve("large.camel.yaml"), new byte[(1 << 20) + 1]);
        Files.write(folder.resolve("letters.camel.yaml"), new byte[] {(byte) 0xfc});

        assertThat(RouteFiles.read(folder).unreadable())
                .containsEntry("folder.camel.yaml", "it is a folder, not a file")
                .containsEntry("link.camel.yaml", "it is a symbolic link without a target")
                .containsEntry("large.camel.yaml", "it is larger than 1 MiB")
                .containsEntry("letters.camel.yaml", "it is not encoded in UTF-8");
    }

    @Test
    void aFolderThatIsNotThereHasNoFiles() throws Exception {
        assertThat(RouteFiles.read(folder.resolve("gone")).texts()).isEmpty();
    }

    @Test
    void lastGoodRoutesSurviveAKill() throws Exception {
        LastGood lastGood = new LastGood(folder);
        assertThat(lastGood.read()).isEmpty();
        RouteFiles first = files("a.camel.yaml", "receivers/b.camel.yaml");
        RouteFiles second = files("a.camel.yaml");

        lastGood.write(first);
        assertThat(lastGood.read()).contains(first);
        // The state after a kill during the writing of the next version, and between its two renames.
        Files.createDirectories(folder.resolve("routes.next"));
        Files.writeString(folder.resolve("routes.next/a.camel.yaml"), "half");
        assertThat(lastGood.read()).contains(first);
        Files.move(folder.resolve("routes"), folder.resolve("routes.before"));
        assertThat(lastGood.read()).contains(first);

        lastGood.write(second);
        assertThat(lastGood.read()).isEqualTo(Optional.of(second));
    }

    private void write(String name) throws Exception {
        Path file = folder.resolve(name);
        Files.createDirectories(file.getParent());
        Files.writeString(file, "- beans: []\n");
    }

    private static RouteFiles files(String... names) {
        TreeMap<String, String> texts = new TreeMap<>();
        for (String name : names) {
            texts.put(name, "# " + name + "\n");
        }
        return RouteFiles.of(texts);
    }
}
