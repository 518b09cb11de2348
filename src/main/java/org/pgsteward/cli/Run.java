package org.pgsteward.cli;

import java.io.IOException;
import java.util.Objects;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import org.pgsteward.app.SettingsCheck;
import org.pgsteward.app.Supervisor;
import org.pgsteward.camel.lint.RouteFiles;
import org.pgsteward.config.DaemonConfig;
import org.pgsteward.config.Settings;
import org.pgsteward.model.Refusal;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import picocli.CommandLine.Command;
import picocli.CommandLine.ParentCommand;

/** Command {@code run}: the daemon, until it is stopped. */
@Command(
        name = "run",
        description = {
            "Run the daemon until SIGTERM. It stands by while another daemon manages the same PostgreSQL.",
            "With Docker, compose.yaml runs it: docker compose up -d, as README.md describes. Without Docker, read",
            "\"Build and run\" in CONTRIBUTING.md first. All settings are in src/docs/reference.md."
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

    @ParentCommand
    private @Nullable Commands commands;

    @Override
    public Integer call() throws Exception {
        Objects.requireNonNull(commands).runLater(supervisor());
        return 0;
    }

    /** Returns the daemon's supervisor, which has not started and which SIGTERM ends. */
    static Supervisor supervisor() throws IOException {
        Settings settings = Settings.from(System.getenv());
        Supervisor supervisor = new Supervisor(settings);
        RouteFiles files = RouteFiles.read(settings.value(DaemonConfig.ROUTES));
        SettingsCheck.wrong(settings, files).values().stream().findFirst().ifPresent(fault -> {
            throw new Refusal(fault);
        });
        SettingsCheck.unknown(settings, files).forEach(LOG::warn);
        Runtime.getRuntime()
                .addShutdownHook(new Thread(
                        () -> {
                            LOG.info("stopping");
                            supervisor.close();
                        },
                        "stop"));
        return supervisor;
    }
}
