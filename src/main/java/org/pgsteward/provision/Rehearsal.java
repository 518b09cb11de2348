package org.pgsteward.provision;

import java.time.Instant;
import java.util.Map;
import java.util.Optional;
import org.pgsteward.model.Container;
import org.pgsteward.model.Secret;

/** The claim of a container that does not exist. It is planned and never granted. */
final class Rehearsal {
    private Rehearsal() {}

    static Claim claim(Instant now) {
        // A free name: with a name in use, the plan would need no new role.
        String name = "rehearsal" + Long.toString(now.toEpochMilli(), Character.MAX_RADIX);
        Container nobody = new Container(
                name,
                name,
                "",
                "",
                Container.State.CREATED,
                Container.Health.NONE,
                0,
                false,
                false,
                Map.of(),
                Map.of(),
                Map.of(),
                0,
                now,
                Optional.empty());
        return new Claim(name, name, name, new Secret(name), DatabaseOptions.NONE, nobody, "a rehearsal");
    }
}
