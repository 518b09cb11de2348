package org.pgsteward.io;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NotDirectoryException;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

@Tag("fast")
class LeftoverPartsTest {
    private static final Instant NOW = Instant.parse("2026-06-30T12:00:00Z");
    private static final Duration OLD = Duration.ofDays(1);
    private static final String UUID = "0d9c2f4e-8f0a-4a51-9d44-0c0f8a1b2c3d";
    private static final String PART = ".daemon.json." + UUID + ".part";

    @TempDir
    private Path folder;

    @ParameterizedTest
    @ValueSource(
            strings = {
                PART,
                ".x." + UUID + ".part",
                "..reserve." + UUID + ".part",
                ".a name\nof two lines." + UUID + ".part",
                ".x." + UUID + ".part." + UUID + ".part"
            })
    void removesAPartFile(String name) throws IOException {
        file(name, OLD);

        assertThat(remove()).isEqualTo(1);

        assertThat(names()).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "daemon.json",
                ".lock",
                ".reserve",
                "daemon.json.part",
                ".daemon.json.part",
                "daemon.json." + UUID + ".part",
                "." + UUID + ".part",
                ".." + UUID + ".part",
                ".daemon.json." + UUID,
                ".daemon.json." + UUID + ".parts",
                ".daemon.json." + UUID + ".part.json",
                ".daemon.json." + UUID + "0.part",
                ".daemon.json.0D9C2F4E-8F0A-4A51-9D44-0C0F8A1B2C3D.part",
                ".daemon.json.0d9c2f4e8f0a4a519d440c0f8a1b2c3d.part",
                ".daemon.json-" + UUID + ".part",
                ".manifest_key123.part"
            })
    void keepsAFileOfAnotherName(String name) throws IOException {
        file(name, OLD);

        assertThat(remove()).isZero();

        assertThat(names()).containsExactly(name);
    }

    @ParameterizedTest(name = "{2}")
    @CsvSource(
            delimiter = '|',
            value = {
                "PT0S     | true  | just written",
                "PT1H     | true  | just an hour old",
                "PT1H1S   | false | an hour and one second old",
                "PT-1M    | true  | in the future, clock was set back",
                "PT10000H | false | very old"
            })
    void keepsAFileThatALivingProcessMayWrite(Duration age, boolean kept, String sentence) throws IOException {
        file(PART, age);

        assertThat(remove()).as(sentence).isEqualTo(kept ? 0 : 1);

        assertThat(names().isEmpty()).as(sentence).isNotEqualTo(kept);
    }

    @Test
    void keepsALinkAndItsTarget() throws IOException {
        Path other = Files.createDirectory(folder.resolve("other"));
        Path file = old(Files.writeString(other.resolve("file"), "of another program"));
        Files.createSymbolicLink(folder.resolve(PART), file);
        Files.createSymbolicLink(folder.resolve(".broken." + UUID + ".part"), other.resolve("missing"));

        assertThat(remove()).isZero();

        assertThat(file).hasContent("of another program");
        assertThat(names()).hasSize(3);
    }

    @Test
    void keepsAFolderOfThatNameAndItsFiles() throws IOException {
        Path inside = Files.createDirectory(folder.resolve(PART)).resolve(PART);
        old(Files.writeString(inside, "below the folder"));
        old(folder.resolve(PART));

        assertThat(remove()).isZero();

        assertThat(inside).exists();
    }

    @Test
    void keepsTheOtherNameOfTheSameFile() throws IOException {
        Path key = old(Files.writeString(folder.resolve("manifest_key"), "a key"));
        Files.createLink(folder.resolve(PART), key);

        assertThat(remove()).isEqualTo(1);

        assertThat(key).hasContent("a key");
    }

    @Test
    void readsOneFolderOnly() throws IOException {
        Path below = Files.createDirectory(folder.resolve("below"));
        old(Files.writeString(below.resolve(PART), "x"));

        assertThat(remove()).isZero();

        assertThat(below.resolve(PART)).exists();
    }

    @Test
    void aMissingFolderHasNone() throws IOException {
        assertThat(LeftoverParts.remove(folder.resolve("missing"), AtomicFile::isPart, NOW))
                .isZero();
    }

    @Test
    void aFileIsNoFolder() throws IOException {
        Path file = file("state", OLD);

        assertThatThrownBy(() -> LeftoverParts.remove(file, AtomicFile::isPart, NOW))
                .isInstanceOf(NotDirectoryException.class);
    }

    private int remove() throws IOException {
        return LeftoverParts.remove(folder, AtomicFile::isPart, NOW);
    }

    private Path file(String name, Duration age) throws IOException {
        Path file = Files.writeString(folder.resolve(name), "half of it");
        return Files.setLastModifiedTime(file, FileTime.from(NOW.minus(age)));
    }

    private static Path old(Path file) throws IOException {
        return Files.setLastModifiedTime(file, FileTime.from(NOW.minus(OLD)));
    }

    private List<String> names() throws IOException {
        try (Stream<Path> files = Files.list(folder)) {
            return files.map(file -> file.getFileName().toString()).toList();
        }
    }
}
