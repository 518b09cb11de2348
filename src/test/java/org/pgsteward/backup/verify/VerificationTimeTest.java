package org.pgsteward.backup.verify;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.pgsteward.alert.SettableClock;
import org.pgsteward.backup.underway.ServiceFolder;

@Tag("fast")
class VerificationTimeTest {
    private static final Instant START = SettableClock.NOON;

    @TempDir
    private Path locks;

    private final SettableClock clock = new SettableClock();
    private VerificationTime time;

    @BeforeEach
    void begin() {
        time = new VerificationTime(locks, clock);
    }

    @Test
    void anotherProcessReadsTheUsedTime() {
        time.add("wiki", Duration.ofSeconds(100));
        time.add("a shop\n", Duration.ofMillis(1500));
        time.add("wiki", Duration.ofSeconds(20));
        VerificationTime.Used used = new VerificationTime(locks, clock).read();
        assertThat(used.of("wiki")).isEqualTo(120);
        assertThat(used.of("a shop\n")).isEqualTo(1);
        assertThat(used.of("none")).isZero();
        assertThat(used.lastEnd()).isEqualTo(START);
        assertThat(used.ofLast()).isEqualTo(120);
    }

    @Test
    void usedTimeDecays() {
        time.add("wiki", Duration.ofSeconds(100));
        clock.set(START.plus(VerificationTime.HALF_LIFE));
        assertThat(time.read().of("wiki")).isEqualTo(50);
        time.add("shop", Duration.ofSeconds(10));
        clock.set(START.plus(VerificationTime.HALF_LIFE.multipliedBy(2)));
        assertThat(time.read().of("wiki")).isEqualTo(25);
        assertThat(time.read().of("shop")).isEqualTo(5);
        clock.set(START.plus(Duration.ofDays(30)));
        time.add("shop", Duration.ofSeconds(10));
        assertThat(time.read().seconds()).containsOnlyKeys("shop");
    }

    @Test
    void verificationsOfLessThanASecondAddUp() {
        for (int i = 0; i < 10; i++) {
            time.add("wiki", Duration.ofMillis(500));
        }
        assertThat(time.read().of("wiki")).isEqualTo(5);
    }

    @Test
    void aClockSetBackNeitherAddsTimeNorKeepsIt() {
        time.add("wiki", Duration.ofSeconds(100));
        clock.set(START.minus(Duration.ofDays(1000)));
        assertThat(time.read().of("wiki")).isEqualTo(100);
        time.add("shop", Duration.ofSeconds(1));
        clock.set(START.minus(Duration.ofDays(1000)).plus(VerificationTime.HALF_LIFE));
        assertThat(time.read().of("wiki")).isEqualTo(50);
    }

    @Test
    void theFileIsBoundedAndKeepsTheServicesWithTheMostTime() throws Exception {
        String longest = "%".repeat(200);
        StringBuilder full = new StringBuilder(START.toEpochMilli() + " wiki\n");
        for (int i = 0; i < VerificationTime.MOST_SERVICES; i++) {
            full.append(10 + i)
                    .append(".123456789012345 ")
                    .append(ServiceFolder.name(longest + i))
                    .append('\n');
        }
        Files.writeString(locks.resolve(VerificationTime.FILE), full);
        assertThat(time.read().seconds()).hasSize(VerificationTime.MOST_SERVICES);
        time.add("wiki", Duration.ofSeconds(100));
        assertThat(time.read().seconds()).hasSize(VerificationTime.MOST_SERVICES);
        assertThat(time.read().of("wiki")).isEqualTo(100);
        assertThat(time.read().of(longest + "0"))
                .as("the service with the least time")
                .isZero();
        assertThat(time.read().of(longest + "1")).isEqualTo(11);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "\n",
                "wiki",
                "x wiki\n1 wiki\n",
                "1 wiki\nNaN wiki\n",
                "1 wiki\n-1 wiki\n",
                "1 wiki\n1\n",
                "9223372036854775807 wiki\n1 wiki\n",
                "-9223372036854775808 wiki\n1 wiki\n",
                "99999999999999999999 wiki\n1 wiki\n"
            })
    void aCorruptFileIsIgnoredAndReplaced(String corrupt) throws Exception {
        Files.writeString(locks.resolve(VerificationTime.FILE), corrupt);
        assertThat(time.read().of("shop")).isZero();
        time.add("wiki", Duration.ofSeconds(100));
        assertThat(time.read().of("wiki")).isBetween(100L, 101L);
    }

    @Test
    void aFileThatIsTooLargeOrNoFileIsIgnored() throws Exception {
        Path file = locks.resolve(VerificationTime.FILE);
        Files.writeString(file, START.toEpochMilli() + " wiki\n" + "1 wiki\n".repeat(100_000));
        assertThat(time.read()).isEqualTo(VerificationTime.Used.NOTHING);
        Files.delete(file);
        Files.createDirectories(file.resolve("in the way"));
        time.add("wiki", Duration.ofSeconds(100));
        assertThat(time.read()).isEqualTo(VerificationTime.Used.NOTHING);
    }
}
