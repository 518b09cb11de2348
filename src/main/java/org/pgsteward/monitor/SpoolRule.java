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
                now.spooled() + (now.spooled() == 1 ? " row waits" : " rows wait")
                        + " on disk for the journal's tables; none is lost",
                "pgsteward status   # does PostgreSQL answer?\ndocker logs --tail 50 pgsteward",
                Map.of("rows", now.spooled())));
    }
}
