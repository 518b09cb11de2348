package org.pgsteward.monitor;

import java.time.Clock;
import java.time.Duration;
import org.pgsteward.postgres.Server;
import org.pgsteward.postgres.ServerAddress;
import org.pgsteward.postgres.TestCluster;
import org.pgsteward.postgres.login.TlsSettings;

/** A process that probes one server for each line that it reads. It prints how long it had no processor. */
final class StarvedProbe {
    private StarvedProbe() {}

    public static void main(String[] arguments) throws Exception {
        Server server = new Server(new ServerAddress(
                "127.0.0.1",
                Integer.parseInt(arguments[0]),
                "homelab",
                TestCluster.PASSWORD,
                "homelab",
                TlsSettings.DEFAULT,
                Duration.ofSeconds(3)));
        server.daemon();
        PostgresProbe probe = new PostgresProbe(server, Clock.systemUTC());
        while (System.in.read() >= 0) {
            System.out.println("begins");
            System.out.flush();
            PostgresReading reading = probe.probe();
            System.out.println(
                    reading.error().isEmpty() + " " + reading.load().delay().toSeconds());
            System.out.flush();
        }
    }
}
