package org.pgsteward;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.PosixFilePermissions;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Clock;
import java.time.Instant;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.pgsteward.alert.AlertRegistry;
import org.pgsteward.alert.NotificationPolicy;
import org.pgsteward.alert.Silences;
import org.pgsteward.app.Wiring;
import org.pgsteward.backup.BackupRun;
import org.pgsteward.backup.schedule.BackupTarget;
import org.pgsteward.backup.schedule.Targets;
import org.pgsteward.config.Settings;
import org.pgsteward.io.Json;
import org.pgsteward.model.Backup;
import org.pgsteward.model.BackupKind;
import org.pgsteward.model.CommandPrefix;
import org.pgsteward.model.Notification;
import org.pgsteward.postgres.ScratchTemplate;
import org.pgsteward.postgres.TestCluster;
import org.pgsteward.postgres.UnprivilegedUser;

/** The environment of pgsteward for one test class: a PostgreSQL server and the folders that belong to it. */
public final class TestHost implements AutoCloseable {
    private final TestCluster cluster;
    private final Path folder;
    private final Map<String, String> environment = new HashMap<>();

    private TestHost(TestCluster cluster, Path folder) {
        this.cluster = cluster;
        this.folder = folder;
    }

    public static TestHost start() throws IOException {
        return start(TestCluster.start());
    }

    /** Starts a host with this PostgreSQL server, which {@link #close} stops. */
    public static TestHost start(TestCluster cluster) throws IOException {
        Path folder = Files.createTempDirectory(Path.of("/tmp"), "pgsteward-test-");
        // PostgreSQL's user must be able to reach its scratch clusters.
        Files.setPosixFilePermissions(folder, PosixFilePermissions.fromString("rwx--x--x"));
        TestHost host = new TestHost(cluster, folder);
        host.environment.putAll(Map.of(
                "PGSTEWARD_POSTGRES_HOST", host.cluster.server().address().host(),
                "PGSTEWARD_POSTGRES_PORT",
                        Integer.toString(host.cluster.server().address().port()),
                "PGSTEWARD_POSTGRES_PASSWORD", TestCluster.PASSWORD.reveal(),
                "PGSTEWARD_ROUTES_DIR", Path.of("routes").toAbsolutePath().toString(),
                "PGSTEWARD_STATE_DIR", folder.resolve("state").toString(),
                "PGSTEWARD_BACKUP_DIR", folder.resolve("backups").toString(),
                "PGSTEWARD_MAILBOX_DIR", folder.resolve("mailbox").toString(),
                "PGSTEWARD_REQUESTS_DIR", folder.resolve("requests").toString(),
                // The schedule fires once a year, because tests start their backups themselves.
                "PGSTEWARD_BACKUP_TICK", "0 0 0 1 1 ?"));
        // Alerts are sent at once, each by itself. Only tests of grouping and repeating change these settings.
        host.environment.putAll(Map.of(
                "PGSTEWARD_ALERTS_WAIT", "0s",
                "PGSTEWARD_ALERTS_TICK", "100ms",
                "PGSTEWARD_ALERTS_GROUP_FROM", "1000",
                "PGSTEWARD_ALERTS_FLAPS", "1000",
                "PGSTEWARD_ALERTS_REPEAT_CRITICAL", "0s",
                "PGSTEWARD_ALERTS_REPEAT_WARNING", "0s"));
        host.newState();
        return host;
    }

    /** Creates the state folder, with nothing but the empty cluster that scratch clusters are copied from. */
    public void newState() throws IOException {
        ScratchTemplate.link(cluster.ownPrograms(), folder.resolve("state"));
    }

    public TestCluster cluster() {
        return cluster;
    }

    public Path folder() {
        return folder;
    }

    public Path store() {
        return folder.resolve("backups");
    }

    public Map<String, String> environment() {
        return environment;
    }

    /** Creates a pgsteward as a process has it, with the settings of this host. */
    public Wiring wiring() throws IOException {
        return new Wiring(Settings.from(environment));
    }

    /** Creates a pgsteward with additional settings and another clock. */
    public Wiring wiring(Map<String, String> more, Clock clock) throws IOException {
        return new Wiring(Settings.from(environment).with(more), UnprivilegedUser.ofThisProcess(), clock);
    }

    /** Creates a pgsteward with one additional setting. */
    public Wiring wiring(String key, String value) throws IOException {
        return wiring(Map.of(key, value));
    }

    /** Creates a pgsteward with additional settings. */
    public Wiring wiring(Map<String, String> more) throws IOException {
        return new Wiring(Settings.from(environment).with(more));
    }

    /** Backs up and verifies a database through the route. */
    public Backup backUp(Wiring wiring, String database) throws SQLException {
        return backUp(wiring, target(wiring, database));
    }

    /** Backs up and verifies any target through the route. */
    public Backup backUp(Wiring wiring, BackupTarget target) {
        return wiring.backups.run(target, BackupRun.Patience.FAILS_AT_ONCE).backup();
    }

    public BackupTarget target(Wiring wiring, String database) throws SQLException {
        return wiring.targets.all(BackupKind.DUMP).stream()
                .map(Targets.Found::target)
                .filter(target -> target.database().equals(database))
                .findFirst()
                .orElseThrow();
    }

    /** Returns the first column of the result of {@code sql}. */
    public List<String> rows(String database, String sql) throws SQLException {
        try (Connection connection = cluster.server().connect(database);
                Statement statement = connection.createStatement();
                ResultSet result = statement.executeQuery(sql)) {
            List<String> rows = new ArrayList<>();
            while (result.next()) {
                rows.add(result.getString(1));
            }
            return rows;
        }
    }

    /** Returns state and error of a service's backups from the journal, oldest first. */
    public List<String> journal(String service) throws SQLException {
        return rows(
                "homelab",
                "SELECT concat_ws(': ', state, error) FROM public.backup_log WHERE service_name = '" + service
                        + "' ORDER BY started_at, id");
    }

    /** Returns the notices about failed backups, delivered or not, as {@code state title}. */
    public List<String> notices(String service) throws IOException {
        return notices("backup-failed", service);
    }

    /** Returns the notices of a kind, delivered or not, as {@code state title}. */
    public List<String> notices(String kind, String service) throws IOException {
        // A notice moves on through these places in this order. If it moves during the search, the next place has it
        // under the same id.
        Map<String, String> notices = new TreeMap<>();
        for (Notification notice : due()) {
            if (notice.kind().equals(kind) && notice.service().equals(service)) {
                notices.put(notice.id(), notice.state() + " " + notice.title());
            }
        }
        for (Path place : List.of(folder.resolve("state/outbox"), folder.resolve("mailbox"))) {
            for (Path file : Files.isDirectory(place) ? files(place, ".json") : List.<Path>of()) {
                read(file)
                        .filter(notice -> notice.path("kind").asText().equals(kind)
                                && notice.path("service").asText().equals(service))
                        .ifPresent(notice -> notices.put(
                                notice.path("id").asText(),
                                notice.path("state").asText() + " "
                                        + notice.path("title").asText()));
            }
        }
        return List.copyOf(notices.values());
    }

    private List<Notification> due() {
        NotificationPolicy rule = new NotificationPolicy();
        rule.setWait("0s");
        rule.setGroupFrom("1000");
        rule.setRepeatCritical("0s");
        rule.setRepeatWarning("0s");
        rule.setFlaps("999999999");
        rule.setFlapWindow("3660000d");
        Path state = folder.resolve("state");
        // This time is after the time of any clock that a test uses.
        Clock clock = Clock.fixed(Instant.parse("9999-01-01T00:00:00Z"), ZoneOffset.UTC);
        return new AlertRegistry(
                        state,
                        new Silences(state, Json.mapper(), clock),
                        Json.mapper(),
                        clock,
                        ZoneId.systemDefault(),
                        CommandPrefix.PLAIN)
                .due(rule);
    }

    private static Optional<JsonNode> read(Path file) throws IOException {
        try {
            return Optional.ofNullable(Json.mapper().readTree(file.toFile()).findParent("title"));
        } catch (FileNotFoundException handedOver) {
            return Optional.empty();
        }
    }

    /** Returns the names of all files that the store has for a service. */
    public List<String> stored(String service) throws IOException {
        Path own = store().resolve(service);
        return Files.isDirectory(own)
                ? files(own, "").stream()
                        .map(file -> file.getFileName().toString())
                        .toList()
                : List.of();
    }

    /** Returns the files with this ending. Files may be renamed during the search. */
    public static List<Path> files(Path root, String ending) throws IOException {
        List<Path> files = new ArrayList<>();
        Files.walkFileTree(root, new SimpleFileVisitor<>() {
            @Override
            public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) {
                if (file.toString().endsWith(ending)) {
                    files.add(file);
                }
                return FileVisitResult.CONTINUE;
            }

            @Override
            public FileVisitResult visitFileFailed(Path gone, IOException why) {
                return FileVisitResult.CONTINUE;
            }
        });
        return files.stream().sorted().toList();
    }

    @Override
    public void close() throws IOException {
        cluster.close();
        try (Stream<Path> files = Files.walk(folder)) {
            files.sorted(Comparator.reverseOrder()).forEach(TestHost::delete);
        }
    }

    private static void delete(Path file) {
        try {
            Files.delete(file);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
