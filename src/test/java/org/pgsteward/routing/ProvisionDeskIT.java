package org.pgsteward.routing;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Clock;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.pgsteward.Wiring;
import org.pgsteward.engine.DockerEngine;
import org.pgsteward.engine.recorded.RecordedEngine;
import org.pgsteward.model.Condition;
import org.pgsteward.postgres.NeedsPostgres;

@NeedsPostgres
@Timeout(value = 4, unit = TimeUnit.MINUTES)
class ProvisionDeskIT {
    /** It shares the database with what it was before, and to remove that would end its sessions. */
    @Test
    void aServiceWhoseContainerWasRenamedInComposeIsNotIdle() throws Exception {
        try (TestHost host = TestHost.start();
                RecordedEngine recorded = new RecordedEngine(Clock.systemUTC());
                DockerEngine engine = DockerEngine.at(recorded.host())) {
            recorded.play("deploy");
            Wiring wiring = host.wiring("pgsteward.postgres.container", "postgresql");
            ContainerDesk containers = wiring.containers(engine);
            containers.list();
            ProvisionDesk desk = wiring.provisionDesk(containers);
            desk.reconcile();
            host.cluster()
                    .run(
                            "homelab",
                            "UPDATE public.service_configs SET service_name = 'tasks', identity = 'homelab/tasks',"
                                    + " idle_since = '2020-01-01' WHERE service_name = 'vikunja'");

            List<Condition> said =
                    Objects.requireNonNull(desk.reconcile()).conditions().stream()
                            .filter(condition -> condition.kind().equals("service-idle")
                                    && condition.service().equals("tasks"))
                            .toList();

            assertThat(said)
                    .singleElement()
                    .matches(condition -> condition.severity().isEmpty());
        }
    }
}
