package org.pgsteward.config;

import org.pgsteward.engine.DockerEngine;

/** Address of the Docker Engine. */
public record EngineConfig(String host) {
    static final Section SECTION = new Section("Docker Engine", "");

    public static final Setting<String> HOST = SECTION.setting(
            "pgsteward.docker.host",
            new Form<>("address", (name, text) -> DockerEngine.checked(text)),
            "unix:///var/run/docker.sock",
            "Address of the Docker Engine, or of a proxy before it: `tcp://host:port`.");

    static {
        SECTION.inRoutes(
                "pgsteward.relist.period",
                "Time between two complete listings of the containers, regardless of events.");
    }

    public static EngineConfig of(Settings settings) {
        return new EngineConfig(settings.value(HOST));
    }
}
