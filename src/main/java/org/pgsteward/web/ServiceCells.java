package org.pgsteward.web;

import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import org.pgsteward.alert.OneLine;
import org.pgsteward.journal.BackupDays.Outcome;
import org.pgsteward.model.BackupState;
import org.pgsteward.model.Memory;
import org.pgsteward.model.Severity;
import org.pgsteward.model.Size;
import org.pgsteward.overview.CopyTexts;
import org.pgsteward.overview.Overview;
import org.pgsteward.overview.RowTexts;
import org.pgsteward.overview.ServiceColumn;

/**
 * The cells of one service as values of a template, each under the lower-case name of its {@link ServiceColumn}. The
 * template escapes them.
 */
final class ServiceCells {
    static final int NAME = 63;

    private final Overview overview;
    private final PageClock clock;
    private final Function<List<Outcome>, Map<String, Object>> strip;

    /** @param strip draws the days of a service */
    ServiceCells(Overview overview, PageClock clock, Function<List<Outcome>, Map<String, Object>> strip) {
        this.overview = overview;
        this.clock = clock;
        this.strip = strip;
    }

    Map<String, Object> of(Overview.Service service) {
        Map<String, Object> row = new LinkedHashMap<>();
        for (ServiceColumn column : ServiceColumn.values()) {
            column.text(service, overview)
                    .ifPresent(words -> row.put(column.name().toLowerCase(Locale.ROOT), OneLine.of(words, 200)));
        }
        row.put("name", OneLine.of(RowTexts.name(service), NAME));
        link(service.name()).ifPresent(link -> row.put("link", link));
        state(service, row);
        restorePoint(service, row);
        CopyTexts.count(service, overview).ifPresent(words -> {
            row.put("copies", words);
            row.put("copiesAt", OneLine.of(CopyTexts.details(service, overview), 600));
        });
        row.put("newestFailed", isNewest(service, BackupState.FAILED));
        row.put("newestVerified", isNewest(service, BackupState.VERIFIED));
        service.memory().ifPresent(memory -> row.put("bar", bar(memory)));
        if (!service.days().isEmpty()) {
            row.put("strip", strip.apply(service.days()));
        }
        return row;
    }

    /**
     * Returns the last part of the address of a service's page. Browsers resolve the names {@code .} and {@code ..} as
     * folders in any encoding, so these two have no page.
     */
    static Optional<String> link(String service) {
        return service.equals(".") || service.equals("..")
                ? Optional.empty()
                : Optional.of(URLEncoder.encode(service, StandardCharsets.UTF_8).replace("+", "%20"));
    }

    private void state(Overview.Service service, Map<String, Object> row) {
        RowTexts.State state = RowTexts.state(service, overview);
        Optional<Severity> trouble = state.severity().filter(bad -> bad != Severity.INFO);
        row.put("trouble", trouble.isPresent());
        if (trouble.isPresent()) {
            row.put("sign", trouble.get() == Severity.CRITICAL || !state.runs() ? "✕" : "!");
            row.put("tone", trouble.get().word());
        } else {
            row.put("sign", state.runs() ? "✓" : "");
            row.put("tone", state.runs() ? "fine" : "none");
        }
    }

    private void restorePoint(Overview.Service service, Map<String, Object> row) {
        Optional<Instant> to = service.restorableTo();
        if (to.isPresent()) {
            row.put("restorable", true);
            row.put("restorableAt", clock.when(to.get()));
            row.put(
                    "machineRestorableAt",
                    to.get().truncatedTo(ChronoUnit.SECONDS).toString());
        }
    }

    private static boolean isNewest(Overview.Service service, BackupState state) {
        return service.backups()
                .filter(backups -> backups.lastState().equals(state.word()))
                .isPresent();
    }

    private static Map<String, Object> bar(Memory memory) {
        long percent = Math.round(memory.ratio() * 100);
        return Map.of(
                "width",
                Math.min(100, percent),
                "high",
                percent >= 80,
                "words",
                Size.words(memory.usedBytes()) + " of " + Size.words(memory.limitBytes()));
    }
}
