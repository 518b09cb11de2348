package org.pgsteward.monitor;

import java.util.List;
import java.util.Map;

/** The number of rows that wait for the journal's tables. */
final class SpoolRule extends MetricRule<HostObservation> {
    SpoolRule() {
        super("journal-waiting", Unit.COUNT);
    }

    @Override
    List<Finding> look(HostObservation now, List<HostObservation> past) {
        return List.of(new Finding(
                "pgsteward",
                now.spooled(),
                now.spooled() + (now.spooled() == 1 ? " journal row waits" : " journal rows wait")
                        + " on disk for PostgreSQL; none is lost",
                "pgsteward status   # shows whether PostgreSQL answers\ndocker logs --tail 50 pgsteward",
                Map.of("rows", now.spooled())));
    }
}
