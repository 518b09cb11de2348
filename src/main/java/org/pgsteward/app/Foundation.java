package org.pgsteward.app;

import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Clock;
import java.time.ZoneId;
import java.util.Map;
import org.pgsteward.camel.RouteClient;
import org.pgsteward.camel.RouteReporter;
import org.pgsteward.camel.receivers.Redaction;
import org.pgsteward.config.DaemonConfig;
import org.pgsteward.config.ReceiverSettings;
import org.pgsteward.config.Settings;
import org.pgsteward.io.Json;
import org.pgsteward.postgres.UnprivilegedUser;

/** The base of every factory: checked settings, the clock, the state folder, and the way into the routes. */
final class Foundation {
    final Settings settings;
    final DaemonConfig daemon;
    final Purpose purpose;
    final UnprivilegedUser user;
    final Clock clock;
    final ObjectMapper json = Json.mapper();
    final RouteClient routeClient = new RouteClient();
    final RouteReporter reporter = new RouteReporter(routeClient);
    final Redaction redaction;

    /**
     * Checks the settings, and makes the state folder where the purpose leaves traces.
     *
     * @throws IllegalArgumentException when a setting is wrong, with its name and value
     * @throws IOException when the state folder cannot be made
     */
    Foundation(Settings given, Purpose purpose, UnprivilegedUser user, Clock clock) throws IOException {
        this.purpose = purpose;
        this.user = user;
        this.clock = clock;
        if (purpose != Purpose.CHECK) {
            SettingsCheck.require(given);
        }
        daemon = DaemonConfig.of(given);
        settings = ReceiverSettings.with(given)
                .with(Map.of(DaemonConfig.ZONE.name(), daemon.zone().getId()));
        if (purpose.leavesTraces()) {
            closed(daemon.state());
        }
        redaction = new Redaction(settings.secrets());
    }

    Path state() {
        return daemon.state();
    }

    Path locks() {
        return daemon.state().resolve("locks");
    }

    ZoneId zone() {
        return daemon.zone();
    }

    /** Others may pass through to their scratch clusters, and see nothing on the way. */
    private static void closed(Path state) throws IOException {
        if (!Files.isDirectory(state)) {
            Files.createDirectories(state);
            Files.setPosixFilePermissions(state, PosixFilePermissions.fromString("rwx--x--x"));
        }
    }
}
