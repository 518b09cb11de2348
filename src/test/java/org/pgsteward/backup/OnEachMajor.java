package org.pgsteward.backup;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.SQLException;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.TreeMap;
import java.util.UUID;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.TestInstance;
import org.pgsteward.postgres.Programs;
import org.pgsteward.postgres.TestCluster;

/**
 * Tests with a cluster of PostgreSQL 15 and one of 17, if their programs are installed. Each has a role {@code svc},
 * which creates a {@link Trap}.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
public abstract class OnEachMajor {
    /** A file that exists if a trap ran. */
    protected final Path marker = Path.of("/tmp", "pgsteward-marker-" + UUID.randomUUID());

    private final Map<Integer, TestCluster> clusters = new TreeMap<>();

    @BeforeAll
    void start() throws SQLException {
        for (int major : new int[] {15, 17}) {
            try {
                TestCluster cluster = TestCluster.start(Programs.find(Optional.empty(), major));
                clusters.put(major, cluster);
                cluster.run("homelab", "CREATE ROLE svc LOGIN PASSWORD 'pw'");
            } catch (IOException e) {
                System.err.println(
                        "skipped: " + getClass().getSimpleName() + " on PostgreSQL " + major + ": " + e.getMessage());
            }
        }
    }

    @AfterAll
    void stop() throws Exception {
        for (TestCluster cluster : clusters.values()) {
            cluster.close();
        }
    }

    @AfterEach
    void removeMarker() throws IOException {
        Files.deleteIfExists(marker);
    }

    protected Stream<Integer> majors() {
        return clusters.keySet().stream();
    }

    protected TestCluster cluster(int major) {
        return Objects.requireNonNull(clusters.get(major));
    }
}
