package org.pgsteward.overview;

import java.util.List;
import java.util.Optional;

/** The checks behind {@code /observe/health}. */
public interface HealthChecks {
    /** Which checks are run. */
    enum Probe {
        ALL,
        /** Whether the process has to be restarted. */
        LIVENESS,
        /** Whether the process can do its work. */
        READINESS
    }

    /**
     * The result of one check.
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
