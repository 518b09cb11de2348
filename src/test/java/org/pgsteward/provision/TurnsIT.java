package org.pgsteward.provision;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.pgsteward.model.Container;
import org.pgsteward.model.Outcome;
import org.pgsteward.postgres.NeedsPostgres;
import org.pgsteward.postgres.TestCluster;

/** Reconciling many databases takes a minute. A new container does not wait for all of it. */
@NeedsPostgres
class TurnsIT {
    private static final Duration PATIENCE = Duration.ofMinutes(8);

    private final List<String> steps = new CopyOnWriteArrayList<>();
    private Consumer<String> atStep = step -> {};

    @Test
    @Timeout(300)
    void newContainerIsProvisionedDuringAReconcile(@TempDir Path secrets) throws Exception {
        try (EnrolmentHost host = EnrolmentHost.on(TestCluster.start(), secrets);
                Provisioner daemon = EnrolmentHost.provisioner(host.server, secrets, step -> atStep.accept(step));
                Provisioner command = EnrolmentHost.provisioner(host.server, secrets, step -> {})) {
            List<Container> services = Stream.of("a", "b", "c")
                    .map(name -> EnrolmentHost.service(name).box())
                    .toList();
            for (Container service : services) {
                host.provision(service);
                host.run(service.name(), "CREATE TABLE public.restored (n int)");
            }
            Thread newContainer = thread(daemon, "new-container");
            Thread otherProcess = thread(command, "other-process");
            atStep = step -> {
                if (step.contains("restored")) {
                    steps.add("restored");
                }
                if (step.contains("restored") && steps.size() == 1) {
                    newContainer.start();
                    otherProcess.start();
                    await().atMost(PATIENCE).until(() -> newContainer.getState() == Thread.State.WAITING);
                    await().atMost(PATIENCE)
                            .until(() -> !host.ask("homelab", "SELECT 1 FROM pg_locks WHERE NOT granted")
                                    .isEmpty());
                }
            };

            daemon.reconcile(services, Optional.of(EnrolmentHost.POSTGRES));

            assertThat(steps).startsWith("restored").endsWith("restored", "restored");
            assertThat(steps.subList(1, 3)).containsExactlyInAnyOrder("new-container: done", "other-process: done");
        }
    }

    private Thread thread(Provisioner provisioner, String service) {
        return new Thread(
                () -> {
                    Container container = EnrolmentHost.service(service).box();
                    ClaimResult result =
                            provisioner.provision(container, Optional.of(EnrolmentHost.POSTGRES), List.of(container));
                    steps.add(service + (result.outcome() instanceof Outcome.Done ? ": done" : ": not done"));
                },
                service);
    }
}
