package org.pgsteward.io;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.pgsteward.ChildJava;

@Tag("fast")
class LockFileTest {
    @TempDir
    private Path folder;

    @Test
    void isHeldOnceWithinAProcessByAnyPath() throws IOException {
        Path link = Files.createSymbolicLink(folder.resolve("link"), Files.createDirectory(folder.resolve("real")));
        try (LockFile held = LockFile.take(folder.resolve("real/x.lock")).orElseThrow()) {
            assertThat(LockFile.take(link.resolve("x.lock"))).isEmpty();
            assertThatThrownBy(() -> LockFile.await(link.resolve("x.lock"))).isInstanceOf(IllegalStateException.class);
            assertThat(LockFile.take(link.resolve("y.lock"))).isPresent();
            assertThat(held).hasToString(folder.toRealPath() + "/real/x.lock");
        }
        assertThat(LockFile.take(link.resolve("x.lock"))).isPresent();
    }

    @Test
    void staysTheKernelsWhileItIsAskedForInVainAndTouched() throws IOException {
        Path file = folder.resolve("x.lock");
        try (LockFile held = LockFile.take(file).orElseThrow()) {
            Instant anHourAgo = Instant.now().minusSeconds(3600);
            LockFile.take(file);
            held.touch();
            assertThat(isLockedInKernel(file)).isTrue();

            // Files.setLastModifiedTime opens and closes the file, so the kernel releases the lock.
            Files.setLastModifiedTime(file, FileTime.from(anHourAgo));
            assertThat(isLockedInKernel(file)).isFalse();
            held.touch();
            assertThat(Files.getLastModifiedTime(file).toInstant()).isAfter(anHourAgo.plusSeconds(60));
        }
    }

    @Test
    void isHeldAfterItWasTouchedOnAnInterruptedThread() throws IOException {
        Path file = folder.resolve("x.lock");
        LockFile held = LockFile.take(file).orElseThrow();
        Thread.currentThread().interrupt();
        held.touch();
        assertThat(Thread.interrupted()).isTrue();
        assertThat(isLockedInKernel(file)).isTrue();

        held.close();
        LockFile next = LockFile.take(file).orElseThrow();
        held.close();
        assertThat(LockFile.take(file))
                .as("a second close does not release another lock")
                .isEmpty();
        next.close();
    }

    @Test
    void doesNotMakeTheFolder() {
        assertThatThrownBy(() -> LockFile.take(folder.resolve("none/x.lock"))).isInstanceOf(NoSuchFileException.class);
    }

    @Test
    void fileThatCannotBeOpenedIsNotHeld() throws IOException {
        Path file = Files.createDirectory(folder.resolve("x.lock"));
        assertThatThrownBy(() -> LockFile.take(file)).isInstanceOf(IOException.class);

        Files.delete(file);

        assertThat(LockFile.take(file)).isPresent();
    }

    @Test
    void awaitsAnotherProcessAndFollowsItsKill() throws Exception {
        Path file = folder.resolve("x.lock");
        Process holder = new ProcessBuilder(ChildJava.run(List.of(), Holder.class.getName(), file.toString()))
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
        try {
            assertThat(holder.getInputStream().read()).isEqualTo('+');
            assertThat(LockFile.take(file)).isEmpty();

            CompletableFuture<LockFile> waiting = CompletableFuture.supplyAsync(() -> await(file));
            assertThat(waiting).isNotDone();
            holder.destroyForcibly();

            try (LockFile held = waiting.get(60, TimeUnit.SECONDS)) {
                assertThat(held).hasToString(file.toRealPath().toString());
            }
        } finally {
            holder.destroyForcibly().waitFor();
        }
    }

    private static LockFile await(Path file) {
        try {
            return LockFile.await(file);
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }

    private static boolean isLockedInKernel(Path file) throws IOException {
        Object inode = Files.getAttribute(file, "unix:ino");
        return Files.readAllLines(Path.of("/proc/locks")).stream()
                .anyMatch(lock ->
                        lock.contains(" " + ProcessHandle.current().pid() + " ") && lock.contains(":" + inode + " "));
    }

    /** A process that holds the lock until it is killed. */
    static final class Holder {
        private Holder() {}

        public static void main(String[] arguments) throws Exception {
            try (LockFile held = LockFile.take(Path.of(arguments[0])).orElseThrow()) {
                System.out.write('+');
                System.out.flush();
                Thread.currentThread().join();
                held.touch();
            }
        }
    }
}
