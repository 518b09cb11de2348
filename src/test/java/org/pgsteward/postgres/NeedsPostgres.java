package org.pgsteward.postgres;

import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.extension.ConditionEvaluationResult;
import org.junit.jupiter.api.extension.ExecutionCondition;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.extension.ExtensionContext;

/**
 * Marks tests that run on a real PostgreSQL of their own. If its programs are missing, one line reports that. Tests of
 * another kind that also need PostgreSQL use only the condition.
 */
@Target(ElementType.TYPE)
@Retention(RetentionPolicy.RUNTIME)
@Tag("postgres")
@ExtendWith(NeedsPostgres.Condition.class)
public @interface NeedsPostgres {
    /** Skips the tests, with the reason, if the programs are missing. */
    final class Condition implements ExecutionCondition {
        private static final AtomicBoolean REPORTED = new AtomicBoolean();

        @Override
        public ConditionEvaluationResult evaluateExecutionCondition(ExtensionContext context) {
            if (Programs.newest(Optional.empty()).isPresent()) {
                return ConditionEvaluationResult.enabled("PostgreSQL's programs are here");
            }
            String reason = "skipped: tests on PostgreSQL, whose programs (initdb, pg_dump) are not on this machine;"
                    + " install postgresql-15";
            if (REPORTED.compareAndSet(false, true)) {
                System.err.println(reason);
            }
            return ConditionEvaluationResult.disabled(reason);
        }
    }
}
