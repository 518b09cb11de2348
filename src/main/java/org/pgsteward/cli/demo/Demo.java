package org.pgsteward.cli.demo;

import java.io.FileOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.pgsteward.app.Daemon;
import org.pgsteward.app.Wiring;
import org.pgsteward.backup.BackupRun;
import org.pgsteward.backup.schedule.BackupTarget;
import org.pgsteward.backup.schedule.Targets;
import org.pgsteward.config.DaemonConfig;
import org.pgsteward.config.PostgresConfig;
import org.pgsteward.config.Settings;
import org.pgsteward.config.WebConfig;
import org.pgsteward.io.LockFile;
import org.pgsteward.model.Backup;
import org.pgsteward.model.BackupKind;
import org.pgsteward.model.BackupState;
import org.pgsteward.model.CommandPrefix;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/**
 * Command {@code demo}: the whole work of pgsteward, once, for a spectator.
 *
 * <ol>
 *   <li>A throwaway PostgreSQL starts, and an engine that plays recorded answers over HTTP.
 *   <li>The daemon starts as it is shipped, with the addresses of these two.
 *   <li>The recording creates containers: each service gets its role and its database.
 *   <li>Rows are written through those roles. Every database is dumped, and each dump is verified.
 *   <li>A container crashes and comes back, PostgreSQL's memory rises and falls: two alerts, two recoveries.
 * </ol>
 */
@Command(
        name = "demo",
        description = {
            "Show all steps on a throwaway PostgreSQL with recorded Docker events.",
            "Ctrl-C or SIGTERM ends it, with exit code 0 once all steps are done."
        },
        footer = {
            "",
            "For example:",
            "  pgsteward demo --once    all steps once",
            "  pgsteward demo           all steps, then the status page until Ctrl-C",
            "  PGSTEWARD_HTTP_PORT=8081 ./pgsteward demo    with another port"
        },
        mixinStandardHelpOptions = true)
@SuppressWarnings("NullAway.Init") // picocli sets the fields
public final class Demo implements Callable<Integer> {
    private static final String LOG = "demo.log";

    @Spec
    private CommandSpec spec;

    @Option(names = "--dir", paramLabel = "DIR", description = "Folder of all files. Default: target/demo.")
    private @Nullable Path dir;

    @Option(
            names = "--once",
            description = "Run all steps once. Exit code 0 only if each backup is verified and each alert arrives.")
    private boolean once;

    @Override
    @SuppressWarnings("try") // held, not used
    public Integer call() throws Exception {
        // The command's own writer must exist before the log takes the place of standard error.
        CommandLine line = spec.commandLine();
        Screen screen = new Screen(line.getOut());
        line.getErr();
        Path home = Path.of(System.getProperty("pgsteward.home", "")).toAbsolutePath();
        Path folder = (dir == null ? home.resolve("target/demo") : dir)
                .toAbsolutePath()
                .normalize();
        Settings environment = Settings.from(System.getenv());
        DemoFolder.requireIdle(folder);
        if (!once) {
            DemoHost.requireFree(environment, dir == null ? "" : " --dir " + CommandPrefix.word(dir.toString()));
        }
        try (LockFile claimed = DemoFolder.claim(folder);
                DemoEnd end = DemoEnd.of(screen, folder)) {
            try {
                DemoFolder.empty(folder, screen);
                Path log = folder.resolve(LOG);
                System.setErr(new PrintStream(new FileOutputStream(log.toFile(), true), true, StandardCharsets.UTF_8));
                screen.say("pgsteward demo in " + folder + ", with the log in " + log);
                return show(screen, end, environment, shippedRoutes(home, folder), folder);
            } catch (Exception e) {
                if (end.isBySignal()) {
                    return 0;
                }
                throw e;
            }
        }
    }

    /**
     * Returns the route files to copy. A shell with the variables of an earlier demonstration names the copy of that
     * one, which the start of this one removes.
     */
    private static Path shippedRoutes(Path home, Path folder) {
        return Optional.ofNullable(System.getenv("PGSTEWARD_ROUTES_DIR"))
                .map(Path::of)
                .map(Path::toAbsolutePath)
                .filter(given -> Files.isDirectory(given) && !given.startsWith(folder))
                .orElse(home.resolve("routes"));
    }

    private int show(Screen screen, DemoEnd end, Settings environment, Path shipped, Path folder) throws Exception {
        Path routes = DemoRoutes.copy(shipped, folder.resolve("routes"));
        DemoHost host = end.with(DemoHost.start(folder, environment.find(PostgresConfig.PROGRAMS), screen));
        screen.done("host", "PostgreSQL and a recorded engine", host.data().toString());
        Wiring wiring = new Wiring(
                environment
                        .with(host.settings())
                        .with(Map.of(
                                DaemonConfig.ROUTES.name(),
                                routes.toString(),
                                WebConfig.PORT.name(),
                                once ? "0" : environment.value(WebConfig.PORT).toString())),
                host.programs().user());
        Daemon daemon = end.with(wiring.daemon(), wiring.runs).start();
        screen.await("the event feed connects", daemon::hears);
        String page = once ? "" : "http://127.0.0.1:" + daemon.httpPort() + "/";
        screen.done("start", "the routes in " + routes + " run", page);
        int code = work(screen, host, wiring) ? 0 : 1;
        screen.table();
        if (!once) {
            screen.say("Status page: " + page + " (Ctrl-C ends the demonstration).");
            screen.say(
                    "To query it from another terminal: . " + host.environmentFile(routes) + " && ./pgsteward status");
            screen.say("Route files, which you may edit now (the next start makes them anew): " + routes);
            end.await(code);
        }
        return code;
    }

    private static boolean work(Screen screen, DemoHost host, Wiring wiring) throws Exception {
        host.engine().play("deploy");
        for (DemoService service : DemoService.values()) {
            screen.await("a login to the database of " + service.user(), () -> canUse(service, wiring));
        }
        screen.done("provision", DemoService.values().length + " databases and roles", "service_configs");
        for (DemoService service : DemoService.values()) {
            fill(service, wiring);
        }
        screen.done("use", "rows written as each service's own role", "");

        boolean verified = true;
        for (BackupKind kind : List.of(BackupKind.DUMP, BackupKind.GLOBALS)) {
            for (Targets.Found found : wiring.targets.all(kind)) {
                verified &= backUp(screen, found.target(), wiring);
            }
        }
        DemoMailbox mailbox = new DemoMailbox(host.folder().resolve("mailbox"), wiring.json);
        alert(screen, host, mailbox, "service-down", "service-crash", "service-back");
        alert(screen, host, mailbox, "memory-high", "memory-high", "memory-normal");

        screen.await("rows in the journal", () -> isEmpty(host.folder().resolve("state/spool")));
        for (String table : List.of("service_configs", "backup_log", "user_activity")) {
            String rows = wiring.server.ask("SELECT count(*) FROM public." + table);
            screen.done("journal", rows + " rows in " + table, "database homelab");
        }
        return verified;
    }

    private static boolean backUp(Screen screen, BackupTarget target, Wiring wiring) {
        Backup backup =
                wiring.backups.run(target, BackupRun.Patience.FAILS_AT_ONCE).backup();
        boolean verified = backup.state() == BackupState.VERIFIED;
        screen.done(
                verified ? "verified" : "NOT VERIFIED",
                String.format(
                        Locale.ROOT,
                        "%s: %,d B, restored in %.1f s%s",
                        target.service(),
                        backup.file().sizeBytes(),
                        backup.verification().took().toMillis() / 1000.0,
                        backup.error().isEmpty() ? "" : " (" + backup.error() + ")"),
                backup.path().map(path -> "backups/" + path).orElse(""));
        return verified;
    }

    private static void alert(
            Screen screen, DemoHost host, DemoMailbox mailbox, String kind, String trouble, String recovery)
            throws Exception {
        host.engine().play(trouble);
        screen.await("alert " + kind, () -> mailbox.title(kind, "firing").isPresent());
        screen.done("alert", mailbox.title(kind, "firing").orElseThrow(), "mailbox");
        host.engine().play(recovery);
        screen.await(
                "alert " + kind + " resolves",
                () -> mailbox.title(kind, "resolved").isPresent());
        screen.done("resolved", mailbox.title(kind, "resolved").orElseThrow(), "mailbox");
    }

    private static boolean canUse(DemoService service, Wiring wiring) {
        try (Connection connection = wiring.server.connectAs(service.user(), service.password(), service.user())) {
            return connection.isValid(1);
        } catch (SQLException notYet) {
            return false;
        }
    }

    private static void fill(DemoService service, Wiring wiring) throws SQLException {
        try (Connection connection = wiring.server.connectAs(service.user(), service.password(), service.user());
                Statement statement = connection.createStatement()) {
            statement.execute(service.table());
            statement.execute(service.rows());
        }
    }

    private static boolean isEmpty(Path folder) throws IOException {
        try (Stream<Path> files = Files.list(folder)) {
            return files.noneMatch(path -> path.toString().endsWith(".json"));
        }
    }
}
