package org.pgsteward.web;

import com.github.mustachejava.DefaultMustacheFactory;
import com.github.mustachejava.Mustache;
import java.io.IOException;
import java.io.InputStream;
import java.io.StringReader;
import java.io.StringWriter;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.ZoneId;
import java.util.Base64;
import java.util.HashMap;
import java.util.Map;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.pgsteward.overview.OverallHealth;
import org.pgsteward.overview.Overview;
import org.pgsteward.overview.OverviewReader;

/** The status page: overall health, faults with their start, and the restore point of each service. */
public final class StatusPage {
    private final Supplier<Overview> overviews;
    private final ZoneId zone;
    private @Nullable Sheet sheet;
    private volatile @Nullable Drawn last;

    /** @param zone time zone of the times on the page */
    public StatusPage(OverviewReader reader, ZoneId zone) {
        this(new FreshOverview(reader::look, reader::remembered), zone);
    }

    StatusPage(Supplier<Overview> overviews, ZoneId zone) {
        this.overviews = overviews;
        this.zone = zone;
    }

    /** Parts of the page. They are read at the first request, because the page is rarely requested. */
    private record Sheet(Mustache template, String style, String policy) {}

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
        Drawn now = new Drawn(overview, draw(overview));
        last = now;
        return now.page();
    }

    private Page draw(Overview overview) {
        Sheet ours = sheet();
        Map<String, Object> scope = new HashMap<>(new PageTexts(overview, zone).scope());
        scope.put("style", ours.style());
        StringWriter page = new StringWriter(32 * 1024);
        ours.template().execute(page, scope);
        return new Page(page.toString(), ours.policy());
    }

    private synchronized Sheet sheet() {
        if (sheet == null) {
            String style = resource("status.css");
            String policy = "default-src 'none'; style-src 'sha256-" + hash(style)
                    + "'; img-src data:; base-uri 'none';" + " form-action 'none'; frame-ancestors 'none'";
            // Names and messages are external. The template escapes all values except those in three braces.
            Mustache template =
                    new DefaultMustacheFactory("web").compile(new StringReader(resource("status.mustache")), "status");
            sheet = new Sheet(template, style, policy);
        }
        return sheet;
    }

    private static String hash(String style) {
        try {
            byte[] hash = MessageDigest.getInstance("SHA-256").digest(style.getBytes(StandardCharsets.UTF_8));
            return Base64.getEncoder().encodeToString(hash);
        } catch (NoSuchAlgorithmException impossible) {
            throw new IllegalStateException(impossible);
        }
    }

    private static String resource(String name) {
        try (InputStream file = StatusPage.class.getResourceAsStream("/web/" + name)) {
            if (file == null) {
                throw new IllegalStateException("there is no web/" + name + " in the jar");
            }
            return new String(file.readAllBytes(), StandardCharsets.UTF_8);
        } catch (IOException unreadable) {
            throw new UncheckedIOException(unreadable);
        }
    }
}
