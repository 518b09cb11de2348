package org.pgsteward.io;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.nio.channels.ClosedByInterruptException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.pgsteward.ChildJava;

@Tag("fast")
class AtomicFileTest {
    /** The size makes a write so long that a kill hits it and a reader would meet a half-written file. */
    private static final int LONG = 4 * 1024 * 1024;

    @TempDir
    private Path folder;

    private Path target;

    @BeforeEach
    void target() {
        target = folder.resolve("state.json");
    }

    @Test
    void replacesTheContentAndLeavesNoPart() throws IOException {
        Files.writeString(target, "previous, and longer");

        AtomicFile.write(target, bytes("new"));

        assertThat(target).hasContent("new");
        assertThat(names()).containsExactly("state.json");
    }

    @Test
    void writesThroughThePartOfTheCaller() throws IOException {
        Path part = Files.writeString(folder.resolve("state.json.part"), "a killed process left this");

        AtomicFile.write(target, part, bytes("new"));

        assertThat(target).hasContent("new");
        assertThat(names()).containsExactly("state.json");
    }

    @Test
    void givesTheMode() throws IOException {
        AtomicFile.write(target, bytes("a"), AtomicFile.PRIVATE);
        Path unsynced = folder.resolve("unsynced");
        AtomicFile.writeUnsynced(unsynced, bytes("b"), AtomicFile.PRIVATE);

        assertThat(List.of(target, unsynced))
                .allSatisfy(file -> assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(file)))
                        .isEqualTo("rw-------"));
    }

    @Test
    void failedMoveKeepsThePreviousContentAndRemovesThePart() throws IOException {
        Files.writeString(Files.createDirectory(target).resolve("inside"), "previous");

        assertThatThrownBy(() -> AtomicFile.write(target, bytes("new"))).isInstanceOf(IOException.class);
        assertThatThrownBy(() -> AtomicFile.writeUnsynced(target, bytes("new"))).isInstanceOf(IOException.class);

        assertThat(target.resolve("inside")).hasContent("previous");
        assertThat(names()).containsExactly("state.json");
    }

    @Test
    void doesNotMakeTheFolder() {
        assertThatThrownBy(() -> AtomicFile.write(folder.resolve("unmounted/state.json"), bytes("new")))
                .isInstanceOf(NoSuchFileException.class);
        assertThat(folder.resolve("unmounted")).doesNotExist();
    }

    @Test
    void replacesALinkAndDoesNotFollowIt() throws IOException {
        Path other = Files.writeString(folder.resolve("other"), "of another program");
        Files.createSymbolicLink(target, other);
        Path part = Files.createSymbolicLink(folder.resolve("state.json.part"), other);

        AtomicFile.write(target, part, bytes("new"));

        assertThat(other).hasContent("of another program");
        assertThat(target).hasContent("new").isRegularFile();
        assertThat(Files.isSymbolicLink(target)).isFalse();
    }

    @Test
    void interruptStopsADurableWriteAndNoUnsyncedOne() throws IOException {
        Files.writeString(target, "previous");

        Thread.currentThread().interrupt();
        assertThatThrownBy(() -> AtomicFile.write(target, bytes("new"))).isInstanceOf(ClosedByInterruptException.class);
        assertThat(target).hasContent("previous");
        AtomicFile.writeUnsynced(target, bytes("newest"));
        assertThat(Thread.interrupted()).isTrue();

        assertThat(target).hasContent("newest");
        assertThat(names()).containsExactly("state.json");
    }

    @Test
    void concurrentWritersNeverMixTheirContents() throws Exception {
        ExecutorService writers = Executors.newFixedThreadPool(4);
        try {
            List<Callable<Object>> writes = Stream.of("a", "b", "c", "d")
                    .map(letter -> Executors.callable(() -> write(letter)))
                    .toList();
            for (var done : writers.invokeAll(writes)) {
                done.get();
            }
        } finally {
            writers.shutdownNow();
        }
        assertThat(Files.readString(target)).matches("(.)\\1{9999}");
        assertThat(names()).containsExactly("state.json");
    }

    private void write(String letter) {
        try {
            for (int i = 0; i < 20; i++) {
                AtomicFile.write(target, bytes(letter.repeat(10_000)));
            }
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }

    @Test
    void killedWriterLeavesAWholeFile() throws Exception {
        Process writer = new ProcessBuilder(ChildJava.run(List.of(), Endless.class.getName(), target.toString()))
                .inheritIO()
                .start();
        try {
            await().until(() -> Files.exists(target));
            // Now the writer writes its next part file.
            await().until(() -> names().stream().anyMatch(name -> name.endsWith(".part")));
        } finally {
            writer.destroyForcibly().waitFor();
        }
        byte[] content = Files.readAllBytes(target);
        assertThat(content).hasSize(LONG).containsOnly(content[0]);
    }

    /** A process that writes the file endlessly. */
    static final class Endless {
        private Endless() {}

        public static void main(String[] args) throws IOException {
            for (int i = 'a'; ; i = i == 'z' ? 'a' : i + 1) {
                byte[] content = new byte[LONG];
                Arrays.fill(content, (byte) i);
                AtomicFile.write(Path.of(args[0]), content);
            }
        }
    }

    @Test
    void removesTheFileAndNothingElse() throws IOException {
        Files.writeString(target, "x");

        AtomicFile.remove(target);
        AtomicFile.remove(target);

        assertThat(names()).isEmpty();
    }

    private List<String> names() throws IOException {
        try (Stream<Path> files = Files.list(folder)) {
            return files.map(file -> file.getFileName().toString()).toList();
        }
    }

    private static byte[] bytes(String text) {
        return text.getBytes(UTF_8);
    }
}
