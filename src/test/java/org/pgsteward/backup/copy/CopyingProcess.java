package org.pgsteward.backup.copy;

import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import org.pgsteward.app.Wiring;
import org.pgsteward.backup.retention.RetentionPolicy;
import org.pgsteward.camel.Pipeline;
import org.pgsteward.config.Settings;
import org.pgsteward.io.Json;
import org.pgsteward.postgres.UnprivilegedUser;

/** A process that runs one pass, until it is killed. It prints a line before each operation of the place. */
public final class CopyingProcess {
    /** So slow that a kill can fall into a write. */
    private static final long BYTES_PER_SECOND = 1_000_000;

    private CopyingProcess() {}

    /**
     * The work of the process.
     *
     * @param environment of pgsteward
     * @param recipe the settings of the place
     * @param keep the policy of the target
     * @param now the time of its clock
     */
    record Work(Map<String, String> environment, Map<String, String> recipe, String target, String keep, String now) {
        CopyTarget copyTarget() {
            return CopyingProcess.target(target, keep, BYTES_PER_SECOND);
        }
    }

    static CopyTarget target(String name, String keep, long bytesPerSecond) {
        return new CopyTarget(
                name,
                Optional.of(RetentionPolicy.parse("test", keep)),
                CopyTarget.OVERDUE,
                CopyHours.ALWAYS,
                bytesPerSecond);
    }

    /** @param args the file with the {@link Work} */
    public static void main(String[] args) throws Exception {
        Work work = Json.mapper().readValue(Files.readAllBytes(Path.of(args[0])), Work.class);
        Wiring wiring = new Wiring(
                Settings.from(new HashMap<>(work.environment())),
                UnprivilegedUser.ofThisProcess(),
                Clock.fixed(Instant.parse(work.now()), ZoneOffset.UTC));
        try (Pipeline pipeline = wiring.copyPipeline().start()) {
            SteppedPlace place = new SteppedPlace(new PlaceRecipe(work.recipe()), System.out::println);
            CopyPass.Result result = wiring.copyPass().run(work.copyTarget(), place, service -> Optional.empty());
            System.out.println(
                    "ended " + result + ", running " + pipeline.context().isStarted());
        }
    }
}
