package org.pgsteward.camel;

import java.util.Collection;
import java.util.List;
import org.apache.camel.CamelContext;
import org.apache.camel.health.HealthCheck;
import org.apache.camel.health.HealthCheckHelper;
import org.pgsteward.overview.HealthChecks;

/** Health checks of the running pipeline. Checks of single routes and consumers appear only while they are not up. */
public final class CamelHealth implements HealthChecks {
    private static final String EVERY_CHECK = "full";

    private final Pipeline pipeline;

    public CamelHealth(Pipeline pipeline) {
        this.pipeline = pipeline;
    }

    @Override
    public List<Result> run(Probe probe) {
        return results(pipeline.context(), probe).stream()
                .filter(result -> result.getState() != HealthCheck.State.UP || !isOfEveryRoute(result))
                .map(result ->
                        new Result(result.getCheck().getId(), result.getState().name(), result.getMessage()))
                .toList();
    }

    private static Collection<HealthCheck.Result> results(CamelContext context, Probe probe) {
        return switch (probe) {
            case ALL -> HealthCheckHelper.invoke(context, EVERY_CHECK);
            case LIVENESS -> HealthCheckHelper.invokeLiveness(context, EVERY_CHECK);
            case READINESS -> HealthCheckHelper.invokeReadiness(context, EVERY_CHECK);
        };
    }

    private static boolean isOfEveryRoute(HealthCheck.Result result) {
        String id = result.getCheck().getId();
        return id.startsWith("route:") || id.startsWith("consumer:");
    }
}
