package org.pgsteward.engine;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** When a container of the list has to be inspected again. */
@Tag("fast")
class InspectionCacheTest {
    private final InspectionCache<String> cache = new InspectionCache<>();

    @ParameterizedTest(name = "{0}, then {1}: {2}")
    @CsvSource({
        "Up About a minute, Up 2 minutes, true",
        "Up 59 minutes, Up About an hour, true",
        "Up 47 hours, Up 2 days, true",
        "Up 2 weeks, Up 2 weeks, true",
        "Up 3 months, Up 2 years, true",
        "Up 2 hours (healthy), Up 2 hours (healthy), true",
        "Up 2 hours (Paused), Up 2 hours (Paused), true",
        "Exited (137) 2 hours ago, Exited (137) 3 hours ago, true",
        "Up Less than a second, Up 20 seconds, false",
        "Up 41 seconds, Up About a minute, false",
        "Up 2 hours, Up 5 seconds, false",
        "Up 2 hours, Up Less than a second, false",
        "Up 2 hours, Exited (0) 2 hours ago, false",
        "Exited (0) 2 hours ago, Exited (1) 2 hours ago, false",
        "Exited (0) 2 hours ago, Exited (0) 3 seconds ago, false",
        "Up 2 hours (healthy), Up 2 hours (unhealthy), false",
        "Up 2 hours, Up 2 hours (Paused), false",
        "Restarting (1) 2 minutes ago, Restarting (1) 2 minutes ago, false",
        "Created, Created, false",
        "Dead, Dead, false",
        "'', '', false",
    })
    void reusesAnInspectionOnlyInAnUnchangedLastingState(String before, String now, boolean reuses) {
        cache.keep(entry("a", "shop", before, "172.18.0.2"), "first", seconds(0), 0);

        assertThat(cache.unchanged(entry("a", "shop", now, "172.18.0.2"), seconds(20))
                        .isPresent())
                .isEqualTo(reuses);
    }

    @Test
    void aRenamedOrConnectedContainerIsInspectedAgain() {
        cache.keep(entry("a", "shop", "Up 2 hours", "172.18.0.2"), "first", seconds(0), 0);

        assertThat(cache.unchanged(entry("a", "store", "Up 2 hours", "172.18.0.2"), seconds(20)))
                .isEmpty();
        assertThat(cache.unchanged(entry("a", "shop", "Up 2 hours", "172.19.0.2"), seconds(20)))
                .isEmpty();
        assertThat(cache.unchanged(entry("b", "shop", "Up 2 hours", "172.18.0.2"), seconds(20)))
                .isEmpty();
        assertThat(cache.unchanged(entry("a", "shop", "Up 2 hours", "172.18.0.2"), seconds(20)))
                .contains("first");
    }

    @Test
    void listsThatAreFarApartInspectAll() {
        ContainerList.Entry shop = entry("a", "shop", "Up 2 hours", "");
        cache.keep(shop, "first", seconds(0), 0);

        assertThat(cache.unchanged(shop, after(InspectionCache.GAP))).contains("first");
        assertThat(cache.unchanged(shop, after(InspectionCache.GAP.multipliedBy(2))))
                .contains("first");
        assertThat(cache.unchanged(
                        shop, after(InspectionCache.GAP.multipliedBy(3).plusMillis(1))))
                .isEmpty();
    }

    @Test
    void anOldInspectionIsRepeated() {
        ContainerList.Entry shop = entry("a", "shop", "Up 2 hours", "");
        cache.keep(shop, "first", seconds(0), 0);

        Duration now = InspectionCache.GAP;
        while (now.compareTo(InspectionCache.OLDEST) <= 0) {
            assertThat(cache.unchanged(shop, after(now))).contains("first");
            now = now.plus(InspectionCache.GAP);
        }
        assertThat(cache.unchanged(shop, after(now))).isEmpty();
    }

    @Test
    void eitherClockEndsTheUseOfAnInspection() {
        ContainerList.Entry shop = entry("a", "shop", "Up 2 hours", "");
        cache.keep(shop, "first", seconds(0), 0);

        long second = Duration.ofSeconds(1).toNanos();
        assertThat(cache.unchanged(shop, new InspectionCache.Time(20 * second, 3_600_000)))
                .as("after a suspended hour")
                .isEmpty();
        assertThat(cache.unchanged(shop, new InspectionCache.Time(20 * second, -1)))
                .as("with the clock set back")
                .isEmpty();
        assertThat(cache.unchanged(shop, new InspectionCache.Time(3_600 * second, 20_000)))
                .as("with the clock set back by an hour")
                .isEmpty();
        assertThat(cache.unchanged(shop, seconds(20))).contains("first");
    }

    @Test
    void anInspectionThatAnEventOvertookIsNotKept() {
        ContainerList.Entry shop = entry("a", "shop", "Up 2 hours", "");
        long before = cache.version();
        cache.forget("a");
        cache.keep(shop, "old", seconds(0), before);

        assertThat(cache.unchanged(shop, seconds(1))).isEmpty();
        cache.keep(shop, "new", seconds(1), cache.version());
        assertThat(cache.unchanged(shop, seconds(2))).contains("new");
    }

    @Test
    void aContainerOnAnotherNetworkIsInspectedAgain() {
        cache.keep(entry("a", "shop", "Exited (0) 2 hours ago", ""), "first", seconds(0), 0);

        assertThat(cache.unchanged(
                        new ContainerList.Entry(
                                "a", "shop", true, 0, "Exited (0) 2 hours ago", List.of(""), List.of("db")),
                        seconds(1)))
                .isEmpty();
    }

    @Test
    void aContainerOfAnEventAndOneThatIsGoneAreForgotten() {
        ContainerList.Entry shop = entry("a", "shop", "Up 2 hours", "");
        ContainerList.Entry wiki = entry("b", "wiki", "Up 2 hours", "");
        cache.keep(shop, "first", seconds(0), 0);
        cache.keep(wiki, "second", seconds(0), 0);

        cache.forget("a");
        assertThat(cache.unchanged(shop, seconds(1))).isEmpty();
        assertThat(cache.unchanged(wiki, seconds(1))).contains("second");
        cache.retain(List.of(shop));
        assertThat(cache.unchanged(wiki, seconds(2))).isEmpty();
    }

    private static InspectionCache.Time seconds(long seconds) {
        return after(Duration.ofSeconds(seconds));
    }

    private static InspectionCache.Time after(Duration time) {
        return new InspectionCache.Time(time.toNanos(), time.toMillis());
    }

    private static ContainerList.Entry entry(String id, String name, String status, String address) {
        return new ContainerList.Entry(id, name, true, 0, status, List.of(address), List.of());
    }
}
