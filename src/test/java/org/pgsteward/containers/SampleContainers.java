package org.pgsteward.containers;

import java.time.Instant;
import java.util.Map;
import java.util.Optional;
import org.pgsteward.model.Container;
import org.pgsteward.model.Container.Health;
import org.pgsteward.model.Container.State;

/** Containers for tests. Each one differs in a few values from a running container without problems. */
public final class SampleContainers {
    public static final Instant NOON = Instant.parse("2026-05-01T12:00:00Z");
    public static final long MIB = 1024 * 1024;
    public static final String ID = "0123456789abcdef0123";

    private SampleContainers() {}

    public static Container running(Map<String, String> labels, long limitBytes) {
        return container(
                ID,
                "vikunja",
                State.RUNNING,
                Health.NONE,
                0,
                false,
                false,
                labels,
                limitBytes,
                NOON.minusSeconds(3600));
    }

    public static Container running(String id, long limitBytes) {
        return container(
                id,
                "vikunja",
                State.RUNNING,
                Health.NONE,
                0,
                false,
                false,
                Map.of(),
                limitBytes,
                NOON.minusSeconds(3600));
    }

    public static Container in(State state, Health health, int exitCode, boolean oomKilled) {
        return container(
                ID, "vikunja", state, health, exitCode, oomKilled, false, Map.of(), 256 * MIB, NOON.minusSeconds(3600));
    }

    /**
     * Returns a container with a restart policy that has ended. The engine would have started it again without an order
     * to stop it.
     */
    public static Container endedAndNotStartedAgain(int exitCode) {
        return container(
                ID, "vikunja", State.EXITED, Health.NONE, exitCode, false, true, Map.of(), 0, NOON.minusSeconds(3600));
    }

    public static Container named(String name) {
        return container(ID, name, State.EXITED, Health.NONE, 1, false, false, Map.of(), 0, NOON.minusSeconds(3600));
    }

    static Container ended(int exitCode, Instant start) {
        return container(ID, "vikunja", State.EXITED, Health.NONE, exitCode, false, false, Map.of(), 0, start);
    }

    public static Container startedAt(Instant start) {
        return container(ID, "vikunja", State.RUNNING, Health.NONE, 0, false, false, Map.of(), 0, start);
    }

    private static Container container(
            String id,
            String name,
            State state,
            Health health,
            int exitCode,
            boolean oomKilled,
            boolean comesBack,
            Map<String, String> labels,
            long limitBytes,
            Instant start) {
        return new Container(
                id,
                name,
                "vikunja/vikunja:1",
                "sha256:1",
                state,
                health,
                exitCode,
                oomKilled,
                comesBack,
                labels,
                Map.of(),
                Map.of(),
                limitBytes,
                start,
                Optional.of(start));
    }
}
