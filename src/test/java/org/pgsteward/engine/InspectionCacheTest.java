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
        cache.keep(entry("a", "shop", before, "172.18.0.2"), "first", 0);

        assertThat(cache.unchanged(entry("a", "shop", now, "172.18.0.2"), seconds(20))
                        .isPresent())
                .isEqualTo(reuses);
    }

    @Test
    void aRenamedOrConnectedContainerIsInspectedAgain() {
        cache.keep(entry("a", "shop", "Up 2 hours", "172.18.0.2"), "first", 0);

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
        cache.keep(shop, "first", 0);

        assertThat(cache.unchanged(shop, InspectionCache.GAP.toNanos())).contains("first");
        assertThat(cache.unchanged(shop, 2 * InspectionCache.GAP.toNanos())).contains("first");
        assertThat(cache.unchanged(shop, 3 * InspectionCache.GAP.toNanos() + 1)).isEmpty();
    }

    @Test
    void anOldInspectionIsRepeated() {
        ContainerList.Entry shop = entry("a", "shop", "Up 2 hours", "");
        cache.keep(shop, "first", 0);

        long step = InspectionCache.GAP.toNanos();
        long last = 0;
        for (long now = step; now <= InspectionCache.OLDEST.toNanos(); now += step) {
            assertThat(cache.unchanged(shop, now)).contains("first");
            last = now;
        }
        assertThat(cache.unchanged(shop, last + step)).isEmpty();
    }

    @Test
    void aContainerOfAnEventAndOneThatIsGoneAreForgotten() {
        ContainerList.Entry shop = entry("a", "shop", "Up 2 hours", "");
        ContainerList.Entry wiki = entry("b", "wiki", "Up 2 hours", "");
        cache.keep(shop, "first", 0);
        cache.keep(wiki, "second", 0);

        cache.forget("a");
        assertThat(cache.unchanged(shop, 1)).isEmpty();
        assertThat(cache.unchanged(wiki, 1)).contains("second");
        cache.retain(List.of(shop));
        assertThat(cache.unchanged(wiki, 2)).isEmpty();
    }

    private static long seconds(long seconds) {
        return Duration.ofSeconds(seconds).toNanos();
    }

    private static ContainerList.Entry entry(String id, String name, String status, String address) {
        return new ContainerList.Entry(id, name, true, 0, status, List.of(address));
    }
}
