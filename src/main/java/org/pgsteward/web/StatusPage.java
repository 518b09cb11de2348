package org.pgsteward.web;

import java.time.ZoneId;
import java.util.List;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.pgsteward.overview.OverallHealth;
import org.pgsteward.overview.Overview;

/** The status page: overall health, faults with their start, and the restore point of each service. */
public final class StatusPage {
    private final Supplier<Overview> overviews;
    private final ZoneId zone;
    private final PageTemplate template = new PageTemplate("status.mustache", List.of("status.css"));
    private volatile @Nullable Drawn last;

    /** @param zone time zone of the times on the page */
    public StatusPage(Supplier<Overview> overviews, ZoneId zone) {
        this.overviews = overviews;
        this.zone = zone;
    }

    /**
     * The current page.
     *
     * @param policy content security policy: pgsteward's own style and pictures, and no script
     */
    public record Page(String html, String policy) {}

    /** The last page. A request before the next change gets it without rendering. */
    private record Drawn(Overview overview, Page page) {}

    /** Returns the decision whether all is well, as the page shows it. */
    public OverallHealth health() {
        return overviews.get().health();
    }

    public Page now() {
        Overview overview = overviews.get();
        Drawn before = last;
        if (before != null && before.overview().equals(overview)) {
            return before.page();
        }
        Drawn now = new Drawn(overview, template.draw(new PageTexts(overview, zone).scope()));
        last = now;
        return now.page();
    }
}
