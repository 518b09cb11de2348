package org.pgsteward.containers;

import java.util.Optional;
import java.util.Set;
import org.pgsteward.model.Activity;
import org.pgsteward.model.ContainerEvent;

/** Selects the events that get a row in {@code user_activity}, and writes the row's text. */
final class ContainerActivity {
    /** Without {@code kill}, which precedes each {@code stop}, and the network connections of each start. */
    private static final Set<String> RECORDED =
            Set.of("create", "start", "die", "oom", "stop", "pause", "unpause", "rename", "destroy");

    private ContainerActivity() {}

    static Optional<Activity> of(ContainerEvent event, String service) {
        if (!RECORDED.contains(event.action())) {
            return Optional.empty();
        }
        String exit = event.attributes().get("exitCode");
        return Optional.of(Activity.ours(
                service,
                "container " + event.action() + (exit == null ? "" : " (exit code " + exit + ")"),
                event.at()));
    }
}
