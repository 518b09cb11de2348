package org.pgsteward.io;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

@Tag("fast")
class AttemptsTest {
    private final List<String> done = new ArrayList<>();

    @Test
    void aStepThatFailsStopsNoOtherAndIsThrownAtTheEnd() {
        IOException first = new IOException("first");
        IllegalStateException second = new IllegalStateException("second");

        assertThatThrownBy(() -> Attempts.all(
                        () -> done.add("one"),
                        () -> {
                            throw first;
                        },
                        () -> done.add("three"),
                        () -> {
                            throw second;
                        },
                        () -> {
                            throw first;
                        }))
                .isSameAs(first)
                .hasSuppressedException(second);
        assertThat(first.getSuppressed()).hasSize(1);
        assertThat(done).containsExactly("one", "three");
    }

    @Test
    void eachThingHasItsStep() throws Exception {
        Attempts.each(List.of("a", "b"), done::add);
        assertThat(done).containsExactly("a", "b");
    }

    @Test
    void anInterruptEndsItAtOnce() {
        assertThatThrownBy(() -> Attempts.each(List.of("a", "b", "c"), thing -> {
                    if (thing.equals("b")) {
                        throw new InterruptedException();
                    }
                    done.add(thing);
                }))
                .isInstanceOf(InterruptedException.class);
        assertThat(done).containsExactly("a");
    }
}
