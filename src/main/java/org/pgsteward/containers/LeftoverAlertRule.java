package org.pgsteward.containers;

import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.function.Predicate;
import org.pgsteward.alert.Alert;
import org.pgsteward.model.Condition;

/**
 * Resolves alerts whose container or service does not exist any more and is therefore no longer checked: the container was
 * removed while pgsteward did not run, or the operator removed the service.
 */
final class LeftoverAlertRule {
    private LeftoverAlertRule() {}

    /**
     * @param names of all containers
     * @param enrolled services
     * @param hasContainer whether a service has a container
     */
    static List<Condition> judge(
            List<Alert> firing, Set<String> names, Set<String> enrolled, Predicate<String> hasContainer, Instant now) {
        List<Condition> over = new ArrayList<>();
        for (Alert alert : firing) {
            String subject = alert.service();
            boolean contained = hasContainer.test(subject);
            boolean gone = switch (alert.kind()) {
                case ContainerAlertKinds.REFUSED,
                        ContainerAlertKinds.NETWORK,
                        ContainerAlertKinds.UNREACHABLE,
                        ContainerAlertKinds.NOT_ENROLLED -> !names.contains(subject);
                case StatusRule.KIND, "service-idle", "pool-exceeds-limit" -> !contained && !enrolled.contains(subject);
                default -> StatusWatch.OF_CONTAINERS.contains(alert.kind()) && !contained;
            };
            if (gone) {
                over.add(Condition.well(alert.kind(), subject, "it no longer exists", now));
            }
        }
        return over;
    }
}
