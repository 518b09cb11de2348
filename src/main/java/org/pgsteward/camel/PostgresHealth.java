package org.pgsteward.camel;

import java.util.Map;
import org.apache.camel.health.HealthCheckResultBuilder;
import org.apache.camel.impl.health.AbstractHealthCheck;
import org.pgsteward.monitor.PostgresProbe;
import org.pgsteward.monitor.PostgresReading;

/** Health check that probes the managed PostgreSQL now. */
public final class PostgresHealth extends AbstractHealthCheck {
    private final PostgresProbe probe;

    public PostgresHealth(PostgresProbe probe) {
        super("pgsteward", "postgresql");
        this.probe = probe;
    }

    @Override
    protected void doCall(HealthCheckResultBuilder builder, Map<String, Object> options) {
        PostgresReading reading = probe.probe();
        if (reading.load().explains()) {
            builder.message("unknown: pgsteward gets no processor time on this host")
                    .up();
            return;
        }
        reading.error().ifPresentOrElse(error -> builder.message(error).down(), builder::up);
    }

    @Override
    public boolean isLiveness() {
        // A restart of pgsteward does not repair PostgreSQL.
        return false;
    }
}
