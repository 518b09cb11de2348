package org.pgsteward.cli;

import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import org.pgsteward.Settings;
import org.pgsteward.Wiring;
import org.pgsteward.backup.Manifest;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** What is in the store, newest first. */
@Command(name = "backups", description = "List what is in the store, newest first.", mixinStandardHelpOptions = true)
@SuppressWarnings("NullAway.Init") // picocli sets the fields
final class BackupsCommand implements Callable<Integer> {
    @Spec
    private CommandSpec spec;

    @Option(names = "--json", description = "Print one JSON document.")
    private boolean json;

    @Parameters(arity = "0..1", paramLabel = "SERVICE")
    private @Nullable String service;

    @Override
    public Integer call() throws Exception {
        Wiring wiring = new Wiring(Settings.from(System.getenv()));
        List<Manifest> manifests = wiring.store.manifests(Optional.ofNullable(service));
        var out = spec.commandLine().getOut();
        if (json) {
            out.println(wiring.json.writeValueAsString(java.util.Map.of("backups", manifests)));
            return 0;
        }
        Instant now = wiring.clock.instant();
        for (Manifest manifest : manifests) {
            Duration age = Duration.between(manifest.startedAt(), now);
            out.println(String.format(
                    Locale.ROOT, "%-45s %12d B  %d h old", manifest.file(), manifest.sizeBytes(), age.toHours()));
        }
        return 0;
    }
}
