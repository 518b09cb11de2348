package org.pgsteward.backup.underway;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.pgsteward.alert.SettableClock;

@Tag("fast")
class ProcessDeathsTest {
    private static final String ODD = "My App + ü/..";

    @TempDir
    private Path state;

    private final SettableClock clock = new SettableClock();
    private Path folder;

    @BeforeEach
    void name() {
        folder = state.resolve("under-way");
    }

    /** Returns a new instance, as at the start of a daemon. */
    private ProcessDeaths start() {
        return new ProcessDeaths(folder, clock);
    }

    private void endsAtARunOf(String service) {
        start().begin(service);
        clock.pass(Duration.ofMinutes(1));
    }

    @Test
    void aServiceWhoseRunsEndIsNotSuspected() {
        ProcessDeaths deaths = start();
        deaths.begin("wiki");
        deaths.end("wiki", false);
        assertThat(start().isSuspected("wiki")).isFalse();
        assertThat(start().held()).isEmpty();
    }

    @Test
    void suspectsAServiceAfterOneDeathAndHoldsItAfterThree() {
        endsAtARunOf(ODD);
        assertThat(start().isSuspected(ODD)).isTrue();
        assertThat(start().isSuspected("wiki")).isFalse();
        endsAtARunOf(ODD);
        assertThat(start().heldUntil(ODD)).isEmpty();
        endsAtARunOf(ODD);

        ProcessDeaths deaths = start();
        assertThat(deaths.held()).containsExactly(ODD);
        assertThat(deaths.heldUntil(ODD)).contains(clock.instant().plus(ProcessDeaths.HOLD));
        clock.pass(ProcessDeaths.HOLD);
        assertThat(deaths.heldUntil(ODD)).as("the hold is over").isEmpty();
        assertThat(deaths.isSuspected(ODD)).isTrue();
        clock.pass(Duration.ofDays(1));
        assertThat(deaths.isSuspected(ODD)).isFalse();
    }

    /** The backup is always made, but its verification ends the process. */
    @Test
    void onlyAFinishedVerificationClearsAService() {
        for (int i = 0; i < 3; i++) {
            ProcessDeaths deaths = start();
            deaths.begin("wiki");
            deaths.end("wiki", false);
            deaths.begin("wiki");
        }
        assertThat(start().held()).containsExactly("wiki");

        ProcessDeaths deaths = start();
        deaths.begin("wiki");
        deaths.end("wiki", true);
        assertThat(deaths.held()).isEmpty();
        assertThat(start().isSuspected("wiki")).isFalse();
        assertThat(folder).isEmptyDirectory();
    }

    @Test
    void anUnreadableFileHoldsNoService() throws IOException {
        Files.createDirectories(folder);
        Files.writeString(folder.resolve("wiki.ended"), "yesterday");
        Files.writeString(folder.resolve("long.ended"), "1".repeat(10_000));
        assertThat(start().held()).isEmpty();
        endsAtARunOf("wiki");
        assertThat(start().isSuspected("wiki")).isTrue();
    }

    @Test
    void runsContinueIfTheFolderIsNotWritable() throws IOException {
        Files.writeString(folder, "a file");
        ProcessDeaths deaths = start();
        deaths.begin("wiki");
        deaths.end("wiki", true);
        assertThat(deaths.isSuspected("wiki")).isFalse();
    }
}
