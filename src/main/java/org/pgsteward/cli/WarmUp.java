package org.pgsteward.cli;

import com.github.dockerjava.api.model.DockerObject;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.net.URISyntaxException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.jar.JarEntry;
import java.util.jar.JarFile;
import java.util.stream.Stream;
import org.flywaydb.core.Flyway;
import org.pgsteward.Steward;
import org.pgsteward.app.Daemon;
import org.pgsteward.app.Wiring;
import org.pgsteward.camel.lint.RouteFiles;
import org.pgsteward.config.BackupConfig;
import org.pgsteward.config.DaemonConfig;
import org.pgsteward.config.EngineConfig;
import org.pgsteward.config.PostgresConfig;
import org.pgsteward.config.Settings;
import org.pgsteward.config.WebConfig;
import org.postgresql.Driver;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import picocli.CommandLine.Command;

/**
 * Command {@code rehearse}: starts all parts without PostgreSQL and Docker, and stops them again. The launcher runs it
 * once after a build, while the JVM records the loaded classes. With that archive the daemon starts in half the time
 * and uses a tenth less memory.
 */
@Command(name = "rehearse", hidden = true, description = "Start and stop without PostgreSQL, to load the classes.")
final class WarmUp implements Callable<Integer> {
    private static final Logger LOG = LoggerFactory.getLogger(WarmUp.class);

    private static final String CLASS = ".class";

    @Override
    public Integer call() throws Exception {
        Path state = Files.createTempDirectory("pgsteward-rehearsal-");
        Path routes = Path.of(System.getProperty("pgsteward.home", "")).resolve("routes");
        Settings settings = Settings.from(Map.of())
                .with(Map.of(
                        PostgresConfig.HOST.name(), "127.0.0.1",
                        // No server listens on port 1.
                        PostgresConfig.PORT.name(), "1",
                        PostgresConfig.PASSWORD.name(), "none",
                        EngineConfig.HOST.name(), "tcp://127.0.0.1:1",
                        DaemonConfig.STATE.name(), state.toString(),
                        BackupConfig.STORE.name(), state.resolve("backups").toString(),
                        BackupConfig.REQUESTS.name(), state.resolve("requests").toString(),
                        DaemonConfig.ROUTES.name(), routes.toString(),
                        WebConfig.PORT.name(), "0"));
        Wiring wiring = new Wiring(settings);
        try (Daemon daemon = wiring.daemon()) {
            daemon.start();
            // An edit, and the command that checks one, need these classes too.
            wiring.routeCheck().problems(RouteFiles.read(routes));
            // The archive should also have the classes that render the status page.
            try (Socket browser = new Socket(InetAddress.getLoopbackAddress(), daemon.httpPort())) {
                browser.getOutputStream().write("GET / HTTP/1.0\r\n\r\n".getBytes(StandardCharsets.US_ASCII));
                browser.getInputStream().readAllBytes();
            }
        }
        // PostgreSQL and Docker are not there, so the rehearsal runs none of the code behind their first answers.
        for (Class<?> one : List.of(Steward.class, Driver.class, Flyway.class, DockerObject.class, Command.class)) {
            load(one);
        }
        try (Stream<Path> files = Files.walk(state)) {
            for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
                Files.delete(file);
            }
        }
        return 0;
    }

    /** Loads all classes of the jar of {@code one}. Those whose libraries are missing here cannot be loaded, nor run. */
    private static void load(Class<?> one) throws IOException, URISyntaxException {
        Path jar =
                Path.of(one.getProtectionDomain().getCodeSource().getLocation().toURI());
        if (!Files.isRegularFile(jar)) {
            return;
        }
        try (JarFile file = new JarFile(jar.toFile())) {
            List<String> names = file.stream()
                    .map(JarEntry::getName)
                    .filter(name ->
                            name.endsWith(CLASS) && !name.startsWith("META-INF/") && !name.endsWith("-info.class"))
                    .map(name ->
                            name.substring(0, name.length() - CLASS.length()).replace('/', '.'))
                    .toList();
            for (String name : names) {
                try {
                    Class.forName(name, false, WarmUp.class.getClassLoader());
                } catch (ClassNotFoundException | LinkageError missing) {
                    LOG.debug("not in the archive: {}", missing.toString());
                }
            }
        }
    }
}
