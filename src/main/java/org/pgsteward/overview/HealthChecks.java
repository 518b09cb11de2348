package org.pgsteward.overview;

import java.util.List;
import java.util.Optional;

/** Checks behind {@code /observe/health}. */
public interface HealthChecks {
    /** Selection of checks. */
    enum Probe {
        ALL,
        /** Checks whether the process has to be restarted. */
        LIVENESS,
        /** Checks whether the process can do its work. */
        READINESS
    }

    /**
     * Result of one check.
     *
     * @param status {@code UP}, {@code DOWN} or {@code UNKNOWN}
     */
    record Result(String name, String status, Optional<String> message) {
        public boolean isDown() {
            return status.equals("DOWN");
        }
    }

    List<Result> run(Probe probe);
}
