package org.pgsteward.config;

import static org.pgsteward.config.ReceiverConfig.ADDRESS;

/** Watchers outside this host, which expect a request from time to time. Route files read the settings. */
final class WatcherConfig {
    static final Section SECTION =
            new Section("Watchers outside", "A watcher gets requests if its setting marked \"On if set\" has a value.");

    static {
        SECTION.inRoutes(
                "pgsteward.heartbeat.url",
                ADDRESS,
                "Address that is requested as long as at least one receiver works.",
                Setting.Trait.SECRET,
                Setting.Trait.SWITCH);
        SECTION.inRoutes("pgsteward.heartbeat.method", "HTTP method of the heartbeat.");
        SECTION.inRoutes("pgsteward.heartbeat.period", "Milliseconds between two heartbeats.");
        SECTION.inRoutes("pgsteward.heartbeat.delay", "Milliseconds from the start to the first heartbeat.");
        SECTION.inRoutes("pgsteward.heartbeat.timeout", "Milliseconds to connect, and to wait for an answer.");
        SECTION.inRoutes(
                "pgsteward.backup.ping.url",
                ADDRESS,
                "Address that is requested after each night if every database has a verified backup in time.",
                Setting.Trait.SECRET,
                Setting.Trait.SWITCH);
        SECTION.inRoutes("pgsteward.backup.ping.method", "HTTP method of that request.");
        SECTION.inRoutes("pgsteward.backup.ping.timeout", "Milliseconds to connect, and to wait for an answer.");
        SECTION.inRoutes(
                "pgsteward.backup.ping.again",
                "Milliseconds after which a failed request is repeated, three times at most.");
    }

    private WatcherConfig() {}
}
