package org.pgsteward.cli;

import java.lang.management.ManagementFactory;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import org.pgsteward.Daemon;
import org.pgsteward.Settings;
import org.pgsteward.SettingsCheck;
import org.pgsteward.Wiring;
import org.pgsteward.routing.reload.RouteFiles;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import picocli.CommandLine.Command;

/** The daemon, until it is told to stop. */
@Command(
        name = "run",
        description = {
            "Run the daemon until it is told to stop.",
            "Everything is set by environment variables, PGSTEWARD_...; the README has them."
        },
        footer = {
            "",
            "For example:",
            "  export PGSTEWARD_POSTGRES_HOST=127.0.0.1 PGSTEWARD_POSTGRES_PASSWORD_FILE=pw",
            "  pgsteward run"
        },
        mixinStandardHelpOptions = true)
final class Run implements Callable<Integer> {
    private static final Logger LOG = LoggerFactory.getLogger(Run.class);

    @Override
    public Integer call() throws Exception {
        Settings settings = Settings.from(System.getenv());
        Wiring wiring = new Wiring(settings);
        RouteFiles files = RouteFiles.read(settings.path("pgsteward.routes.dir"));
        SettingsCheck.wrong(settings, files).values().stream().findFirst().ifPresent(fault -> {
            throw new Refusal(fault);
        });
        SettingsCheck.unknown(settings, files).forEach(LOG::warn);
        Daemon daemon = wiring.daemon();
        CountDownLatch told = new CountDownLatch(1);
        Runtime.getRuntime()
                .addShutdownHook(new Thread(
                        () -> {
                            LOG.info("stopping");
                            daemon.close();
                            told.countDown();
                        },
                        "stop"));
        daemon.start();
        LOG.info(
                "at work after {} ms; status page on port {}",
                ManagementFactory.getRuntimeMXBean().getUptime(),
                daemon.httpPort());
        told.await();
        return 0;
    }
}
