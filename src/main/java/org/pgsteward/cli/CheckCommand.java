package org.pgsteward.cli;

import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.pgsteward.app.AccessMode;
import org.pgsteward.app.SettingsCheck;
import org.pgsteward.app.Wiring;
import org.pgsteward.camel.lint.OldNames;
import org.pgsteward.camel.lint.Problem;
import org.pgsteward.camel.lint.RouteFiles;
import org.pgsteward.config.DaemonConfig;
import org.pgsteward.config.OldSettings;
import org.pgsteward.config.Settings;
import org.pgsteward.io.Json;
import org.pgsteward.monitor.ThresholdsFile;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** Command {@code check}: checks the route files and the settings before they are used. */
@Command(
        name = "check",
        description = {
            "Check route files, and the configuration if no DIR is given. Starts no route and opens no connection.",
            "With --copies: write, read and remove a small file at each target of copies instead.",
            "Exit code 0 if there is no fault, 1 otherwise. A missing secret is not a fault.",
            "With --copies, exit code 2 if no target is switched on."
        },
        footer = {
            "",
            "For example:",
            "  pgsteward check           the files in use, and the settings",
            "  pgsteward check routes    a folder, in CI or before a commit",
            "  pgsteward check --copies  the targets of copies"
        },
        mixinStandardHelpOptions = true)
@SuppressWarnings("NullAway.Init") // picocli sets the fields
final class CheckCommand implements Callable<Integer> {
    @Spec
    private CommandSpec spec;

    @Parameters(
            arity = "0..1",
            paramLabel = "DIR",
            description = "Folder of route files. Default: pgsteward.routes.dir.")
    private @Nullable Path dir;

    @Option(names = "--json", description = "Print one JSON document.")
    private boolean json;

    @Option(names = "--copies", description = "Try each target of copies that is switched on.")
    private boolean copies;

    @Override
    public Integer call() throws Exception {
        if (copies) {
            if (dir != null) {
                throw new ParameterException(spec.commandLine(), "check --copies takes no DIR");
            }
            return new CopyCheck(
                            Wiring.to(AccessMode.VERIFY, Settings.from(System.getenv())),
                            spec.commandLine().getOut(),
                            spec.commandLine().getErr())
                    .run(json);
        }
        if (dir != null && !Files.isDirectory(dir)) {
            throw new ParameterException(spec.commandLine(), dir + " is not a folder");
        }
        // A named folder is checked without the settings of this environment.
        Settings.Tolerant read = Settings.withoutSecrets(dir == null ? System.getenv() : Map.of());
        Settings settings = read.settings();
        Path folder = dir == null ? settings.value(DaemonConfig.ROUTES) : dir;
        RouteFiles files = RouteFiles.read(folder);
        Map<String, String> faults = SettingsCheck.wrong(settings, files);
        List<String> wrong = new ArrayList<>(faults.values());
        wrong.addAll(SettingsCheck.unknown(settings, files));
        // A fault of a setting is reported once, and not again for each file that reads it.
        List<Problem> problems = Wiring.to(AccessMode.CHECK, settings.without(faults.keySet()))
                .routeCheck()
                .problems(files);
        print(folder, files, settings, problems, wrong, read.unread());
        return problems.isEmpty() && wrong.isEmpty() ? 0 : 1;
    }

    private void print(
            Path folder,
            RouteFiles files,
            Settings settings,
            List<Problem> problems,
            List<String> wrong,
            List<String> unread)
            throws IOException {
        PrintWriter out = spec.commandLine().getOut();
        PrintWriter err = spec.commandLine().getErr();
        if (json) {
            Map<String, Object> document = new LinkedHashMap<>();
            document.put("well", problems.isEmpty() && wrong.isEmpty());
            document.put("routes", problems);
            document.put("settings", wrong);
            document.put("secrets_missing", unread);
            document.put(
                    "old_names",
                    Stream.concat(
                                    OldSettings.advice(settings).stream(),
                                    OldNames.in(files).stream().map(Problem::toString))
                            .toList());
            out.println(Json.mapper().writeValueAsString(document));
            return;
        }
        unread.forEach(secret -> err.println("pgsteward: not checked, because the file is missing: " + secret));
        OldSettings.advice(settings).forEach(line -> err.println("pgsteward: " + line));
        OldNames.in(files).forEach(found -> err.println("pgsteward: " + found.in(folder)));
        wrong.forEach(setting -> err.println("pgsteward: " + setting));
        problems.forEach(problem -> err.println(problem.in(folder)));
        err.flush();
        notRead(folder)
                .forEach(file -> out.println(file + ": ignored, because the name of a route file ends in .camel.yaml"));
        if (problems.isEmpty() && wrong.isEmpty()) {
            out.println("no faults: " + files.count() + " route files in " + folder);
        }
    }

    /** Returns the files that look like route files but are not read, because of their names. */
    private static List<Path> notRead(Path folder) throws IOException {
        if (!Files.isDirectory(folder)) {
            return List.of();
        }
        try (Stream<Path> files = Files.list(folder)) {
            return files.filter(Files::isRegularFile)
                    .filter(file -> file.getFileName().toString().matches("[^.].*\\.ya?ml"))
                    .filter(file -> !file.getFileName().toString().endsWith(".camel.yaml"))
                    .filter(file -> !file.getFileName().toString().equals(ThresholdsFile.NAME))
                    .sorted()
                    .toList();
        }
    }
}
