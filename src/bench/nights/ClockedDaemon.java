package org.pgsteward.bench;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Instant;
import java.time.ZoneId;
import java.time.ZoneOffset;
import org.pgsteward.app.Daemon;
import org.pgsteward.app.Wiring;
import org.pgsteward.config.Settings;
import org.pgsteward.postgres.UnprivilegedUser;

/**
 * The daemon with a clock that another program sets. The argument is a file with the difference to the clock of the
 * machine, in seconds. See src/bench/nights/run.
 */
final class ClockedDaemon extends Clock {
    private final Path difference;

    private ClockedDaemon(Path difference) {
        this.difference = difference;
    }

    public static void main(String[] arguments) throws Exception {
        Clock clock = new ClockedDaemon(Path.of(arguments[0]));
        Settings settings = Settings.from(System.getenv());
        Daemon daemon = new Wiring(settings, UnprivilegedUser.ofThisProcess(), clock)
                .daemon()
                .start();
        Runtime.getRuntime().addShutdownHook(new Thread(daemon::close));
        Thread.currentThread().join();
    }

    @Override
    public Instant instant() {
        try {
            return Instant.now().plusSeconds(Long.parseLong(Files.readString(difference).strip()));
        } catch (IOException e) {
            throw new IllegalStateException(e);
        }
    }

    @Override
    public ZoneId getZone() {
        return ZoneOffset.UTC;
    }

    @Override
    public Clock withZone(ZoneId zone) {
        return this;
    }
}
