package org.pgsteward.config;

/** Address of the status page and the metrics. */
public record WebConfig(String host, int port) {
    static final Section SECTION = new Section("Status page", "");

    public static final Setting<String> HOST = SECTION.setting(
            "pgsteward.http.host",
            Form.TEXT,
            "127.0.0.1",
            "Address on which the status page and the metrics are served; in the image `0.0.0.0`.");
    public static final Setting<Integer> PORT = SECTION.setting(
            "pgsteward.http.port",
            Form.FREE_PORT,
            "8080",
            "Port of the status page; for compose, the port on this host.");

    public static WebConfig of(Settings settings) {
        return new WebConfig(settings.value(HOST), settings.value(PORT));
    }
}
