package org.pgsteward.backup.copy;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.stream.LongStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.pgsteward.postgres.NeedsPostgres;

/**
 * Copies to real targets, with seeded faults. Each build runs some cases; {@code -Dcopy.faults=200} runs more. The name of a
 * failed case is the property that repeats only it, such as {@code -Dcopy.fault.seed=17}.
 *
 * <p>While a fault lasts, the journal records no copy as there that its target does not have whole. Afterwards each copy
 * becomes complete. Each alert fires once and resolves once.
 */
@NeedsPostgres
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class CopyFaultsIT {
    /** The seeds of each build: one of each fault, at a folder if a folder can have it, since programs take longer. */
    private static final List<Long> USUAL = List.of(0L, 5L, 10L, 30L, 31L, 32L, 33L, 34L, 35L, 36L, 37L);

    private final Map<String, List<Duration>> times = new TreeMap<>();
    private Optional<FaultyHost> host = Optional.empty();

    @BeforeAll
    void start() throws Exception {
        host = Optional.of(new FaultyHost());
    }

    @AfterAll
    void close() throws Exception {
        if (host.isPresent()) {
            host.get().close();
        }
        print();
    }

    static Stream<CopyFaultCase> cases() {
        Optional<Long> first = Optional.ofNullable(Long.getLong("copy.fault.seed"));
        Optional<Integer> count = Optional.ofNullable(Integer.getInteger("copy.faults"));
        if (first.isEmpty() && count.isEmpty()) {
            return USUAL.stream().map(CopyFaultCase::of);
        }
        long begin = first.orElse(0L);
        return LongStream.range(begin, begin + count.orElse(1)).mapToObj(CopyFaultCase::of);
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("cases")
    void everyFaultEndsInCompleteCopies(CopyFaultCase of, @TempDir Path folder) throws Exception {
        Instant begun = Instant.now();
        try (FaultyEnd end = FaultyEnd.of(of, folder);
                FaultyCopies copies = new FaultyCopies(host.orElseThrow(), of, end)) {
            new FaultCourse(host.orElseThrow(), of, end, copies, folder).run();
        }
        times.computeIfAbsent(of.kind() + " " + of.fault(), none -> new ArrayList<>())
                .add(Duration.between(begun, Instant.now()));
    }

    @Test
    void aShortRunHasEachFaultAndEachKindOfTarget() {
        List<CopyFaultCase> cases = USUAL.stream().map(CopyFaultCase::of).toList();
        assertThat(cases.stream().map(CopyFaultCase::fault).collect(Collectors.toSet()))
                .containsExactlyInAnyOrder(CopyFault.values());
        assertThat(cases.stream().map(CopyFaultCase::kind).collect(Collectors.toSet()))
                .containsExactlyInAnyOrder(CopyFault.Kind.values());
        assertThat(CopyFaultCase.of(17)).isEqualTo(CopyFaultCase.of(17));
    }

    /** Prints the number and the time of the cases of each kind, if there are many. */
    private void print() {
        int count = times.values().stream().mapToInt(List::size).sum();
        if (count > 2 * USUAL.size()) {
            times.forEach((kind, all) -> System.out.println("passed: " + all.size() + " x " + kind + ", "
                    + all.stream().mapToLong(Duration::toMillis).sum() / all.size() + " ms each"));
        }
    }
}
