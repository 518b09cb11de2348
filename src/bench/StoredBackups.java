import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import org.pgsteward.backup.store.DatabaseEnvironment;
import org.pgsteward.backup.store.Manifest;
import org.pgsteward.backup.store.ManifestKeys;
import org.pgsteward.backup.store.Store;
import org.pgsteward.backup.store.UnfinishedBackup;
import org.pgsteward.io.Json;
import org.pgsteward.io.Sha256;
import org.pgsteward.model.BackupKind;

/**
 * Writes small backups of databases into a store, each with its signed manifest and ten tables, and prints their rows for {@code COPY
 * backup_log}. See src/bench/growth.
 */
final class StoredBackups {
    private static final Duration BETWEEN = Duration.ofHours(6);

    private StoredBackups() {}

    /** @param arguments the store, the key of the manifests, the number of databases and the number of backups */
    public static void main(String[] arguments) throws IOException {
        Store store = new Store(
                Path.of(arguments[0]),
                Json.mapper(),
                ManifestKeys.of(Optional.empty(), Path.of(arguments[1])));
        int databases = Integer.parseInt(arguments[2]);
        int backups = Integer.parseInt(arguments[3]);
        Instant newest = Instant.now().truncatedTo(ChronoUnit.SECONDS).minus(Duration.ofHours(1));
        PrintStream rows = new PrintStream(System.out, false, StandardCharsets.UTF_8);
        for (int i = 0; i < backups; i++) {
            String service = String.format(Locale.ROOT, "stored%02d", i % databases);
            rows.println(row(store, service, newest.minus(BETWEEN.multipliedBy(i / databases))));
        }
        rows.flush();
    }

    private static String row(Store store, String service, Instant at) throws IOException {
        String id = Store.backupId(service, at);
        UUID event = UUID.nameUUIDFromBytes(id.getBytes(StandardCharsets.UTF_8));
        byte[] dump = ("a dump of " + id + " ").repeat(50).getBytes(StandardCharsets.UTF_8);
        String sha256 = HexFormat.of().formatHex(Sha256.digest().digest(dump));
        UnfinishedBackup file = store.newBackup(service, id, BackupKind.DUMP, false);
        Files.createDirectories(file.partFile().getParent());
        file.clear();
        Files.write(file.partFile(), dump);
        file.publish(new Manifest(
                new Manifest.Identity(id, event.toString(), ""),
                new Manifest.Source(service, service, service, "", "dump"),
                new Manifest.Run(at, at.plusSeconds(5), "15.20", "15"),
                new Manifest.File(file.fileName(), sha256, dump.length, 10L * dump.length, List.of(), ""),
                new Manifest.Contents(Map.of(), tables(), DatabaseEnvironment.UNKNOWN),
                List.of()));
        return String.join(
                "\t",
                service,
                "dump",
                file.path(),
                "t",
                id,
                "verified",
                at.toString(),
                at.plusSeconds(5).toString(),
                at.plusSeconds(9).toString(),
                "4",
                Integer.toString(dump.length),
                Integer.toString(10 * dump.length),
                sha256,
                "15.20",
                event.toString());
    }

    private static Map<String, Long> tables() {
        return Map.of(
                "public.t0", 10L, "public.t1", 11L, "public.t2", 12L, "public.t3", 13L, "public.t4", 14L, "public.t5",
                15L, "public.t6", 16L, "public.t7", 17L, "public.t8", 18L, "public.t9", 19L);
    }
}
