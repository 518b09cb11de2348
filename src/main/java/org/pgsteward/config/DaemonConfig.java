package org.pgsteward.config;

import java.nio.file.Path;
import java.time.ZoneId;
import java.util.List;

/** The installation: its folders, its time zone, and the commands that operators type. */
public record DaemonConfig(Path routes, Path state, ZoneId zone, String command, String dockerCommand) {
    static final Section SECTION = new Section(
            "pgsteward itself",
            "The image sets the folders itself; in it they are in the volume `/var/lib/pgsteward`, and `routes` is"
                    + " `/opt/pgsteward/routes`.");

    public static final Setting<Path> ROUTES =
            SECTION.setting("pgsteward.routes.dir", Paths.ABSOLUTE, "routes", "Folder of the route files.");
    public static final Setting<List<String>> ROUTE_TYPES = SECTION.optional(
            "pgsteward.routes.types",
            Form.LIST,
            "none",
            "Further Java classes that route files may use for beans and method calls.");
    public static final Setting<Path> STATE = SECTION.setting(
            "pgsteward.state.dir",
            Paths.ABSOLUTE,
            "state",
            "Folder of the outbox, of journal rows that wait for PostgreSQL, and of alerts.");
    public static final Setting<ZoneId> ZONE = SECTION.optional(
            "pgsteward.timezone",
            Form.ZONE,
            "the system's",
            "Time zone of schedules, of retention, and of times in texts: `Europe/Berlin`.");
    public static final Setting<String> COMMAND = SECTION.setting(
            "pgsteward.command",
            Form.TEXT,
            "pgsteward",
            "Command that starts pgsteward, in the lines that operators paste; in the image `docker exec pgsteward pgsteward`.");
    public static final Setting<String> DOCKER_COMMAND = SECTION.setting(
            "pgsteward.docker.command",
            Form.TEXT,
            "docker",
            "Command that starts the client of Docker in those lines; `none` if they need no client, as in the demonstration.");

    public static DaemonConfig of(Settings settings) {
        return new DaemonConfig(
                settings.value(ROUTES),
                settings.value(STATE),
                settings.find(ZONE).orElseGet(ZoneId::systemDefault),
                settings.value(COMMAND),
                settings.value(DOCKER_COMMAND));
    }
}
