package org.pgsteward.web;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.LocalDate;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.OptionalLong;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

@Tag("fast")
class SizeChartTest {
    private static final LocalDate LAST = LocalDate.parse("2026-03-02");
    private static final long TIB = 1L << 40;

    @Test
    void noBackupIsNoChart() {
        assertThat(new SizeChart(List.of(), LAST).isEmpty()).isTrue();
        SizeChart none = new SizeChart(Collections.nCopies(30, OptionalLong.empty()), LAST);
        assertThat(none.isEmpty()).isTrue();
        assertThat(none.scope()).isEmpty();
    }

    @Test
    void onePointIsOneFullBarOfItsDay() {
        List<OptionalLong> sizes = new ArrayList<>(Collections.nCopies(30, OptionalLong.empty()));
        sizes.set(27, OptionalLong.of(5L << 20));
        SizeChart chart = new SizeChart(sizes, LAST);
        assertThat(chart.isEmpty()).isFalse();
        assertThat(bars(chart))
                .containsExactly(
                        Map.of("x", 270, "y", "0", "height", "60", "isNewest", true, "says", "2026-02-28: 5 MiB"));
        assertThat(chart.scope())
                .containsEntry(
                        "label",
                        "Backup size of 30 days: newest 5 MiB on 28 Feb; smallest 5 MiB on 28 Feb; largest 5 MiB on 28 Feb;"
                                + " 29 days without a backup");
    }

    @Test
    void thirtyPointsAreThirtyBarsFromZero() {
        SizeChart chart =
                chart(LongStream.rangeClosed(1, 30).map(day -> day << 20).toArray());
        assertThat(bars(chart)).hasSize(30).allSatisfy(bar -> {
            double height = Double.parseDouble(String.valueOf(bar.get("height")));
            assertThat(Double.parseDouble(String.valueOf(bar.get("y"))) + height)
                    .isEqualTo(SizeChart.HEIGHT);
            assertThat(height).isEqualTo(2.0 * (Integer.parseInt(String.valueOf(bar.get("x"))) / 10 + 1));
        });
        assertThat(bars(chart))
                .filteredOn(bar -> Boolean.TRUE.equals(bar.get("isNewest")))
                .hasSize(1);
        assertThat(chart.scope())
                .containsEntry("newest", "30 MiB on 2 Mar")
                .containsEntry("smallest", "1 MiB on 1 Feb")
                .containsEntry("largest", "30 MiB on 2 Mar")
                .containsEntry(
                        "label",
                        "Backup size of 30 days: newest 30 MiB on 2 Mar; smallest 1 MiB on 1 Feb; largest 30 MiB on 2 Mar");
    }

    @Test
    void aGapHasNoBarAndIsCounted() {
        List<OptionalLong> sizes = new ArrayList<>(Collections.nCopies(30, OptionalLong.of(1 << 20)));
        sizes.set(3, OptionalLong.empty());
        SizeChart chart = new SizeChart(sizes, LAST);
        assertThat(bars(chart)).hasSize(29).extracting(bar -> bar.get("x")).doesNotContain(30);
        assertThat(chart.scope().get("label")).asString().endsWith("; 1 day without a backup");
    }

    @Test
    void sizesFromNothingToATerabyteAreVisible() {
        SizeChart chart = chart(0, 1, 1024, 1L << 20, 1L << 30, TIB);
        assertThat(bars(chart)).extracting(bar -> bar.get("height")).containsExactly("1", "1", "1", "1", "1", "60");
        assertThat(bars(chart)).extracting(bar -> bar.get("says")).first().isEqualTo("2026-02-25: 0 B");
        assertThat(chart.scope()).containsEntry("smallest", "0 B on 25 Feb").containsEntry("largest", "1 TiB on 2 Mar");
        assertThat(bars(chart(0, 0))).extracting(bar -> bar.get("height")).containsExactly("1", "1");
        assertThat(bars(chart(Long.MAX_VALUE, Long.MAX_VALUE / 2)))
                .extracting(bar -> bar.get("height"))
                .containsExactly("60", "30");
    }

    @Test
    void theNewestOfEqualSizesIsNamed() {
        assertThat(chart(7, 9, 9, 7).scope())
                .containsEntry("newest", "7 B on 2 Mar")
                .containsEntry("smallest", "7 B on 2 Mar")
                .containsEntry("largest", "9 B on 1 Mar");
    }

    private static SizeChart chart(long... sizes) {
        return new SizeChart(LongStream.of(sizes).mapToObj(OptionalLong::of).toList(), LAST);
    }

    @SuppressWarnings("unchecked")
    private static List<Map<String, Object>> bars(SizeChart chart) {
        return (List<Map<String, Object>>) Objects.requireNonNull(chart.scope().get("bars"));
    }
}
