package org.pgsteward.capacity;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.time.temporal.ChronoUnit;
import java.util.UUID;

/** Backups of earlier nights that cannot be restored. Retention, lists and pages read only their manifests and rows. */
final class History {
    private static final DateTimeFormatter TIME =
            DateTimeFormatter.ofPattern("yyyyMMdd'T'HHmmss'Z'").withZone(ZoneOffset.UTC);

    private History() {}

    /** Stores this number of backups of each service, one a day, the newest two days old: files, manifests and rows. */
    static void store(ManyServices many, int days) throws Exception {
        Instant newest = Instant.now().truncatedTo(ChronoUnit.SECONDS).minus(Duration.ofDays(2));
        try (Connection connection = many.host().cluster().server().connect("homelab");
                PreparedStatement row = connection.prepareStatement("INSERT INTO public.backup_log (service_name,"
                        + " backup_type, backup_path, success, backup_id, state, started_at, finished_at, verified_at,"
                        + " size_bytes, source_bytes, sha256, server_version, event_id, created_at)"
                        + " VALUES (?, 'dump', ?, true, ?, 'verified', ?, ?, ?, 600, 5000, ?, '15', ?, ?)")) {
            connection.setAutoCommit(false);
            for (String service : many.services()) {
                Path folder = Files.createDirectories(many.host().store().resolve(service));
                for (int day = 0; day < days; day++) {
                    one(service, newest.minus(Duration.ofDays(day)), folder, row);
                }
            }
            row.executeBatch();
            connection.commit();
        }
    }

    private static void one(String service, Instant at, Path folder, PreparedStatement row)
            throws IOException, SQLException {
        String id = service + "-" + TIME.format(at);
        UUID event = UUID.randomUUID();
        String sha256 = "0".repeat(64);
        Files.write(folder.resolve(id + ".dump.zst"), new byte[600]);
        Files.writeString(folder.resolve(id + ".dump.zst.manifest.json"), """
                {"backup_id":"%s","event_id":"%s","set_id":"","service":"%s","database":"%s","owner":"%s","image":"",
                 "kind":"dump","file":"%s.dump.zst","sha256":"%s","size_bytes":600,"source_bytes":5000,
                 "started_at":"%s","finished_at":"%s","server_version":"15.20","client_version":"15","sealed_to":[],
                 "proof":"","extensions":{},"rows":{"public.notes":10,"public.users":3}}
                """.formatted(
                        id, event, service, service, service, id, sha256, at, at.plusSeconds(1)));
        OffsetDateTime time = at.atOffset(ZoneOffset.UTC);
        row.setString(1, service);
        row.setString(2, service + "/" + id + ".dump.zst");
        row.setString(3, id);
        row.setObject(4, time);
        row.setObject(5, time.plusSeconds(1));
        row.setObject(6, time.plusSeconds(2));
        row.setString(7, sha256);
        row.setObject(8, event);
        row.setObject(9, time.toLocalDateTime());
        row.addBatch();
    }
}
