package org.pgsteward.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.pgsteward.backup.store.BackupSet;

@Tag("fast")
class SetMissingTest {
    /** Once, the list of ten backups of one of 83 databases had more than 1,700 lines. */
    @Test
    void unselectedMissingBackupsTakeOneLine() {
        List<BackupSet.Missing> missing = new ArrayList<>();
        missing.add(missing("wiki", "failed: disk full"));
        for (int i = 10; i < 93; i++) {
            missing.add(missing("app" + i, "not asked for; its newest backup is app" + i + "-1, verified"));
        }
        missing.add(missing("notes", "not due; it has no backup"));

        assertThat(SetMissing.lines(missing))
                .containsExactly(
                        "missing: wiki (dump): failed: disk full",
                        "not asked for: 83 (app10, app11, app12 and 80 more)",
                        "not due: 1 (notes)");
        assertThat(SetMissing.count(missing)).isEqualTo(1);
    }

    @Test
    void threeOfThemAreAllNamed() {
        assertThat(SetMissing.lines(List.of(
                        missing("a", "not asked for; x"),
                        missing("b", "not asked for; x"),
                        missing("c", "not asked for; x"))))
                .containsExactly("not asked for: 3 (a, b, c)");
        assertThat(SetMissing.lines(List.of())).isEmpty();
    }

    @Test
    void foreignTextIsShownAsOneHarmlessLine() {
        assertThat(SetMissing.lines(List.of(missing("a\nb", "failed:\n\u001b[31mred"))))
                .containsExactly("missing: a b (dump): failed: [31mred");
    }

    private static BackupSet.Missing missing(String service, String reason) {
        return new BackupSet.Missing(service, service, "dump", reason);
    }
}
