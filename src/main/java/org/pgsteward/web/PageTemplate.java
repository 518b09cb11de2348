package org.pgsteward.web;

import com.github.mustachejava.DefaultMustacheFactory;
import com.github.mustachejava.Mustache;
import java.io.IOException;
import java.io.InputStream;
import java.io.StringWriter;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Base64;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** A template with its style sheets. They are read at the first request, because pages are rarely requested. */
final class PageTemplate {
    /** The usual size of a page, in characters. */
    private static final int USUAL = 32 * 1024;

    private final String name;
    private final List<String> styles;
    private @Nullable Sheet sheet;

    /**
     * @param name template in the resources {@code /web}
     * @param styles style sheets there
     */
    PageTemplate(String name, List<String> styles) {
        this.name = name;
        this.styles = styles;
    }

    private record Sheet(Mustache template, String style, String policy) {}

    /** Returns the page with these values. */
    StatusPage.Page draw(Map<String, Object> values) {
        Sheet ours = sheet();
        Map<String, Object> scope = new HashMap<>(values);
        scope.put("style", ours.style());
        StringWriter page = new StringWriter(USUAL);
        ours.template().execute(page, scope);
        return new StatusPage.Page(page.toString(), ours.policy());
    }

    private synchronized Sheet sheet() {
        if (sheet == null) {
            String style = styles.stream().map(PageTemplate::resource).collect(Collectors.joining());
            String policy = "default-src 'none'; style-src 'sha256-" + hash(style)
                    + "'; img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";
            // Names and messages are external. The template escapes all values except those in three braces.
            sheet = new Sheet(new DefaultMustacheFactory("web").compile(name), style, policy);
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
        try (InputStream file = PageTemplate.class.getResourceAsStream("/web/" + name)) {
            if (file == null) {
                throw new IllegalStateException("there is no web/" + name + " in the jar");
            }
            return new String(file.readAllBytes(), StandardCharsets.UTF_8);
        } catch (IOException unreadable) {
            throw new UncheckedIOException(unreadable);
        }
    }
}
