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

/** One page that says how things are: whether all is well, what is wrong since when, and to when each service goes back. */
public final class StatusPage {
    private final Supplier<Overview> overviews;
    private final ZoneId zone;
    private @Nullable Sheet sheet;
    private volatile @Nullable Drawn last;

    /** @param zone in which people read times */
    public StatusPage(OverviewReader reader, ZoneId zone) {
        this(new FreshOverview(reader::look, reader::remembered), zone);
    }

    StatusPage(Supplier<Overview> overviews, ZoneId zone) {
        this.overviews = overviews;
        this.zone = zone;
    }

    /** What the page is made of. Read when somebody looks first: most of the time nobody does. */
    private record Sheet(Mustache template, String style, String policy) {}

    /**
     * The page as of now.
     *
     * @param policy which styles and pictures a browser may take from it: ours, and no script at all
     */
    public record Page(String html, String policy) {}

    /** What was shown last: who asks again before there is anything new gets the same page, drawn once. */
    private record Drawn(Overview overview, Page page) {}

    /** Whether all is well, as the page says it. */
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
        Map<String, Object> scope = new HashMap<>(new PageWords(overview, zone).scope());
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
            // Names and messages come from outside; whatever the template does not name with three braces is escaped.
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
