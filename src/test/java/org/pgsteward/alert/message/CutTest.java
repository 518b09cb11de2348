package org.pgsteward.alert.message;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@Tag("fast")
class CutTest {
    @ParameterizedTest
    @ValueSource(strings = {"a b ", "abcd", "    ", "\n\n", "🐘 ", "a\t"})
    void anyTextIsCutToAnyLength(String piece) {
        String text = piece.repeat(30);
        for (int most = 0; most < text.length(); most++) {
            String cut = Cut.units(text, most);

            assertThat(cut.length()).as("cut to %d", most).isLessThanOrEqualTo(most);
            assertThat(Cut.MARK)
                    .startsWith(cut.substring(Math.max(0, cut.length() - Cut.MARK.length()))
                            .strip());
        }
    }

    @Test
    void theTextBeforeTheMarkEndsWithAWord() {
        assertThat(Cut.units("a b ".repeat(10), 17)).isEqualTo("a b a b a" + Cut.MARK);
        assertThat(Cut.units("short", 5)).isEqualTo("short");
    }
}
