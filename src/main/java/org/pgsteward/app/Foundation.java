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
import org.pgsteward.config.PostgresConfig;
import org.pgsteward.config.ReceiverSettings;
import org.pgsteward.config.Settings;
import org.pgsteward.io.Json;
import org.pgsteward.postgres.UnprivilegedUser;

/** Base of every factory: checked settings, clock, state folder, and route client. */
final class Foundation {
    final Settings settings;
    final DaemonConfig daemon;
    final AccessMode purpose;
    final UnprivilegedUser user;
    final Clock clock;
    final ObjectMapper json = Json.mapper();
    final RouteClient routeClient = new RouteClient();
    final RouteReporter reporter = new RouteReporter(routeClient);
    final Redaction redaction;

    /**
     * Checks the settings, and creates the state folder if the purpose writes.
     *
     * @throws IllegalArgumentException if a setting is wrong or missing, with its name and value
     * @throws IOException if the state folder cannot be created
     */
    Foundation(Settings given, AccessMode purpose, UnprivilegedUser user, Clock clock) throws IOException {
        this.purpose = purpose;
        this.user = user;
        this.clock = clock;
        if (purpose != AccessMode.CHECK) {
            SettingsCheck.require(given);
        }
        daemon = DaemonConfig.of(given);
        settings = ReceiverSettings.with(given)
                .with(Map.of(DaemonConfig.ZONE.name(), daemon.zone().getId()));
        if (purpose.needsPassword()) {
            // A command that is refused for lack of it must not leave an empty folder.
            given.value(PostgresConfig.PASSWORD);
        }
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

    /** Creates the folder without read permission for other users. They may pass through to their scratch clusters. */
    private static void closed(Path state) throws IOException {
        if (!Files.isDirectory(state)) {
            Files.createDirectories(state);
            Files.setPosixFilePermissions(state, PosixFilePermissions.fromString("rwx--x--x"));
        }
    }
}
