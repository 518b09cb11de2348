package org.pgsteward.engine;

import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;
import java.util.Optional;
import java.util.function.Supplier;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.extension.ConditionEvaluationResult;
import org.junit.jupiter.api.extension.ExecutionCondition;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.extension.ExtensionContext;

/**
 * Runs a test only if a Docker Engine answers. Otherwise one line per run reports that. Its tag makes these tests run
 * one at a time.
 */
@Target({ElementType.TYPE, ElementType.METHOD})
@Retention(RetentionPolicy.RUNTIME)
@Tag("engine")
@ExtendWith(NeedsEngine.Engine.class)
public @interface NeedsEngine {

    /** The engine of the tests: {@code DOCKER_HOST}, or Docker's usual socket. */
    final class Engine implements ExecutionCondition {
        private static final String HOST =
                Optional.ofNullable(System.getenv("DOCKER_HOST")).orElse("unix:///var/run/docker.sock");
        private static final Supplier<Boolean> ANSWERS = once(Engine::ask);

        /** Returns the value for {@code pgsteward.docker.host}. */
        public static String host() {
            return HOST;
        }

        @Override
        public ConditionEvaluationResult evaluateExecutionCondition(ExtensionContext context) {
            return ANSWERS.get()
                    ? ConditionEvaluationResult.enabled("a Docker Engine answers at " + HOST)
                    : ConditionEvaluationResult.disabled("no Docker Engine answers at " + HOST);
        }

        private static boolean ask() {
            try (DockerEngine engine = DockerEngine.at(HOST)) {
                boolean answers = engine.answers();
                if (!answers) {
                    System.out.println("skipped: engine tests, no Docker Engine answers at " + HOST
                            + " ; set DOCKER_HOST or run src/test/bed/engine-up");
                }
                return answers;
            }
        }

        private static Supplier<Boolean> once(Supplier<Boolean> question) {
            return new Supplier<>() {
                private Optional<Boolean> answer = Optional.empty();

                @Override
                public synchronized Boolean get() {
                    if (answer.isEmpty()) {
                        answer = Optional.of(question.get());
                    }
                    return answer.orElseThrow();
                }
            };
        }
    }
}
