package org.pgsteward.alert.message;

import java.time.ZoneId;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.BiFunction;
import java.util.function.Function;
import java.util.function.ToIntFunction;
import org.pgsteward.model.Notification;

/**
 * Text of a notification, rendered by a template within a service's limit.
 *
 * <p>Values of a template: {@code id}, {@code state}, {@code severity}, {@code kind}, {@code service}, {@code since},
 * {@code title}, {@code text}, {@code remedy}, {@code figures} (a list of {@code name} and {@code value}), {@code
 * symbol} (a coloured sign) and {@code commands}. The last is the remedy, escaped for the service's code block and
 * inserted as {@code {{{commands}}}}. Conditions of a template: {@code firing}, {@code resolved}, {@code info}, {@code
 * warning}, {@code critical}.
 */
final class MessageText {
    private final Templates templates;
    private final DateTimeFormatter clock;

    /** @param zone time zone of the times in messages */
    MessageText(Templates templates, ZoneId zone) {
        this.templates = templates;
        clock = DateTimeFormatter.ofPattern("yyyy-MM-dd HH:mm:ss z", Locale.ENGLISH)
                .withZone(zone);
    }

    /** @return at most {@code most} UTF-16 units */
    String of(String template, Escape escape, Notification notice, int most) {
        return of(template, escape, notice, most, String::length);
    }

    /**
     * Renders the template within a limit. If the text is too long, the parts are cut and the template is rendered
     * again. A cut through rendered text could split a tag, and a service refuses that. The longer of commands and text
     * is cut first, then the other, then the title.
     *
     * @param size unit in which the service counts
     */
    String of(String template, Escape escape, Notification notice, int most, ToIntFunction<String> size) {
        return templates.render(template, escape, fill -> fit(notice, escape, fill, most, size));
    }

    private String fit(Notification notice, Escape escape, Templates.Fill fill, int most, ToIntFunction<String> size) {
        Parts parts = new Parts(notice.title(), notice.text(), notice.remedy());
        List<BiFunction<Parts, Integer, Parts>> cuts = new ArrayList<>(List.of(Parts::withRemedy, Parts::withText));
        if (notice.text().length() > notice.remedy().length()) {
            Collections.reverse(cuts);
        }
        cuts.add(Parts::withTitle);
        Function<Parts, String> filled = some -> fill.with(scope(notice, escape, some));
        if (size.applyAsInt(filled.apply(parts)) <= most) {
            return filled.apply(parts);
        }
        for (BiFunction<Parts, Integer, Parts> cut : cuts) {
            Parts before = parts;
            parts = cut.apply(before, 0);
            if (size.applyAsInt(filled.apply(parts)) <= most) {
                // Binary search for the longest part that still fits.
                int fits = 0;
                int tooLong = before.longest();
                while (tooLong - fits > 1) {
                    int middle = (fits + tooLong) / 2;
                    if (size.applyAsInt(filled.apply(cut.apply(before, middle))) <= most) {
                        fits = middle;
                    } else {
                        tooLong = middle;
                    }
                }
                return filled.apply(cut.apply(before, fits));
            }
        }
        throw new IllegalArgumentException("its length is " + size.applyAsInt(filled.apply(parts)) + " of at most "
                + most + " even for an empty notification");
    }

    /** Parts that can be cut, in UTF-16 units. A cut part keeps at least its mark. */
    private record Parts(String title, String text, String remedy) {
        Parts withTitle(int most) {
            return new Parts(Cut.units(title, Math.max(most, Cut.MARK.length())), text, remedy);
        }

        Parts withText(int most) {
            return new Parts(title, Cut.units(text, Math.max(most, Cut.MARK.length())), remedy);
        }

        Parts withRemedy(int most) {
            return new Parts(title, text, Cut.lines(remedy, most));
        }

        int longest() {
            return Math.max(title.length(), Math.max(text.length(), remedy.length()));
        }
    }

    private Map<String, Object> scope(Notification notice, Escape escape, Parts parts) {
        Map<String, Object> scope = new LinkedHashMap<>();
        scope.put("id", notice.id());
        scope.put("state", notice.state());
        scope.put("severity", notice.severity());
        scope.put("kind", notice.kind());
        scope.put("service", notice.service());
        scope.put("since", clock.format(notice.since()));
        scope.put("title", parts.title());
        scope.put("text", parts.text());
        scope.put("remedy", parts.remedy());
        scope.put("commands", escape.code(parts.remedy()));
        scope.put("figures", figures(notice));
        scope.put("symbol", Tone.of(notice).symbol());
        scope.put("resolved", isResolved(notice));
        scope.put("firing", !isResolved(notice));
        for (String severity : List.of("info", "warning", "critical")) {
            scope.put(severity, severity.equals(notice.severity()));
        }
        return scope;
    }

    static boolean isResolved(Notification notice) {
        return "resolved".equals(notice.state());
    }

    private static List<Map<String, String>> figures(Notification notice) {
        return notice.figures().entrySet().stream()
                .map(figure -> Map.of("name", figure.getKey(), "value", String.valueOf(figure.getValue())))
                .toList();
    }
}
