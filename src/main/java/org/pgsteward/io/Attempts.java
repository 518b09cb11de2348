package org.pgsteward.io;

import java.util.List;
import java.util.stream.StreamSupport;
import org.jspecify.annotations.Nullable;

/** Runner of independent steps: a step that fails does not stop the others. */
public final class Attempts {
    private Attempts() {}

    /** A step that may fail. */
    @FunctionalInterface
    public interface Step {
        void run() throws Exception;
    }

    /** A step for one of several objects. */
    @FunctionalInterface
    public interface StepFor<T> {
        void run(T thing) throws Exception;
    }

    /**
     * Runs all steps in order.
     *
     * @throws Exception the first failure, with the later ones suppressed in it. An {@link InterruptedException} is
     *     thrown at once, and no further step runs.
     */
    public static void all(Step... steps) throws Exception {
        all(List.of(steps));
    }

    /** Runs a step for each object, as {@link #all(Step...)} does. */
    public static <T> void each(Iterable<T> things, StepFor<? super T> step) throws Exception {
        all(StreamSupport.stream(things.spliterator(), false)
                .<Step>map(thing -> () -> step.run(thing))
                .toList());
    }

    private static void all(List<Step> steps) throws Exception {
        @Nullable Exception first = null;
        for (Step step : steps) {
            try {
                step.run();
            } catch (InterruptedException interrupted) {
                throw interrupted;
            } catch (Exception failure) {
                if (first == null) {
                    first = failure;
                } else if (failure != first) {
                    first.addSuppressed(failure);
                }
            }
        }
        if (first != null) {
            throw first;
        }
    }
}
