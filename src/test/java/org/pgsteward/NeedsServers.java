package org.pgsteward;

import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.extension.ConditionEvaluationResult;
import org.junit.jupiter.api.extension.ExecutionCondition;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.extension.ExtensionContext;

/**
 * Marks tests that run a real OpenSSH and a real Mosquitto. If a program is missing, one line reports that the tests
 * are skipped.
 */
@Target(ElementType.TYPE)
@Retention(RetentionPolicy.RUNTIME)
@ExtendWith(NeedsServers.Condition.class)
public @interface NeedsServers {
    /** Skips the tests, with the reason, if a program is missing. */
    final class Condition implements ExecutionCondition {
        private static final List<Path> PROGRAMS = Stream.of(
                        "/usr/sbin/sshd",
                        "/usr/bin/ssh-keygen",
                        "/usr/sbin/mosquitto",
                        "/usr/bin/mosquitto_passwd",
                        "/usr/bin/mosquitto_sub")
                .map(Path::of)
                .toList();

        @Override
        public ConditionEvaluationResult evaluateExecutionCondition(ExtensionContext context) {
            List<Path> missing = PROGRAMS.stream()
                    .filter(program -> !Files.isExecutable(program))
                    .toList();
            if (missing.isEmpty()) {
                return ConditionEvaluationResult.enabled("OpenSSH and Mosquitto are here");
            }
            String reason = "skipped: operators' routes to other servers, since there is no " + missing.get(0)
                    + "; src/test/bed/packages openssh-server mosquitto mosquitto-clients installs it";
            System.err.println(reason);
            return ConditionEvaluationResult.disabled(reason);
        }
    }
}
