package org.pgsteward.backup.underway;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileTime;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.pgsteward.ChildJava;

@Tag("fast")
class RunLockTest {
    @TempDir
    private Path folder;

    @Test
    void aTouchAndASecondRequestKeepTheLock() throws Exception {
        try (RunLock lock = RunLock.take(folder, "wiki").orElseThrow()) {
            assertThat(lock).isNotNull();
            RunLock.attend();
            assertThat(RunLock.take(folder, "wiki")).isEmpty();
            assertThat(RunLock.isAttended(folder, "wiki")).isTrue();

            assertThat(anotherProcessGetsIt()).isFalse();
        }
        assertThat(anotherProcessGetsIt()).isTrue();
    }

    @Test
    void aTouchRenewsALockThatWasLeftAloneForAnHour() throws Exception {
        try (RunLock lock = RunLock.take(folder, "wiki").orElseThrow()) {
            assertThat(lock).isNotNull();
            // Setting the time lets the kernel release the lock. This test does not need the lock.
            Files.setLastModifiedTime(
                    folder.resolve("wiki.lock"), FileTime.from(Instant.now().minusSeconds(3600)));
            assertThat(RunLock.isAttended(folder, "wiki")).isFalse();

            RunLock.attend();

            assertThat(RunLock.isAttended(folder, "wiki")).isTrue();
        }
    }

    private boolean anotherProcessGetsIt() throws Exception {
        Process other = new ProcessBuilder(ChildJava.run(
                        List.of(),
                        Taker.class.getName(),
                        folder.resolve("wiki.lock").toString()))
                .inheritIO()
                .start();
        assertThat(other.waitFor(8, TimeUnit.MINUTES)).isTrue();
        return other.exitValue() == Taker.GOT;
    }

    /** A process that exits with {@link #GOT} if it can lock the file. */
    static final class Taker {
        static final int GOT = 42;

        private Taker() {}

        public static void main(String[] arguments) throws Exception {
            try (FileChannel channel = FileChannel.open(Path.of(arguments[0]), StandardOpenOption.WRITE)) {
                System.exit(channel.tryLock() == null ? 0 : GOT);
            }
        }
    }
}
