package org.pgsteward.camel.lint;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.pgsteward.config.AllSettings;
import org.pgsteward.io.YamlTree;
import org.pgsteward.model.AlertKinds;
import org.snakeyaml.engine.v2.nodes.Node;

/** Previous names in route files. They work for one more version, and each is reported with its successor. Pure. */
public final class OldNames {
    /** The new names of classes that a route file may create, by the previous ones. */
    public static final Map<String, String> TYPES =
            Map.of("org.pgsteward.alert.TellingRule", "org.pgsteward.alert.NotificationPolicy");

    /** The new names of pgsteward's beans, by the previous ones. */
    public static final Map<String, String> BEANS = Map.of("reproof", "reverification");

    /** The new names of methods that route files call, by the previous ones; each with its bean. */
    public static final Map<String, String> METHODS =
            Map.of("alerts.told", "alerts.notified", "overdue.isAllProved", "overdue.areAllVerified");

    /**
     * The new names of beans and routes in the shipped files, by the previous ones. An edited file keeps its own names,
     * so they need no notice.
     */
    public static final Map<String, String> IN_FILES =
            Map.of("tellingRule", "notificationPolicy", "reproof", "reverification");

    private static final Pattern PLACEHOLDER = Pattern.compile("\\{\\{\\??(pgsteward\\.[a-z0-9.-]+)");

    private final RouteSet.Entry entry;
    private final List<Problem> notices = new ArrayList<>();

    private OldNames(RouteSet.Entry entry) {
        this.entry = entry;
    }

    /** Returns a notice for each previous name, in the order of files and lines. */
    public static List<Problem> in(RouteFiles files) {
        RouteSet set = RouteSet.of(files);
        return Stream.concat(set.beans().values().stream(), set.routes().values().stream())
                .flatMap(entry -> new OldNames(entry).notices().stream())
                .distinct()
                .sorted()
                .toList();
    }

    private List<Problem> notices() {
        settings();
        YamlTree.mappings(entry.node()).forEach(mapping -> {
            YamlTree.value(mapping, "type").ifPresent(type -> renamed(type, TYPES));
            YamlTree.value(mapping, "ref").ifPresent(ref -> {
                renamed(ref, BEANS);
                YamlTree.value(mapping, "method").ifPresent(method -> method(text(ref), method));
            });
            YamlTree.value(mapping, "consequences").ifPresent(this::kinds);
        });
        return notices;
    }

    private void settings() {
        YamlTree.scalars(entry.node()).forEach(scalar -> {
            Matcher named = PLACEHOLDER.matcher(scalar.getValue());
            while (named.find()) {
                String current = AllSettings.currentName(named.group(1));
                if (!current.equals(named.group(1))) {
                    add(scalar, "{{" + named.group(1) + "}}", "{{" + current + "}}");
                }
            }
        });
    }

    private void renamed(Node node, Map<String, String> names) {
        String current = names.get(text(node));
        if (current != null) {
            add(node, "'" + text(node) + "'", current);
        }
    }

    private void method(String bean, Node method) {
        String old = bean + "." + text(method).replaceFirst("\\(.*", "").strip();
        String current = METHODS.get(old);
        if (current != null) {
            add(method, "'" + old + "'", current);
        }
    }

    private void kinds(Node consequences) {
        AlertKinds.RENAMED.forEach((old, current) -> {
            if (Texts.contains(text(consequences), old)) {
                add(consequences, "'" + old + "'", current);
            }
        });
    }

    private static String text(Node node) {
        return YamlTree.text(node).orElse("");
    }

    private void add(Node node, String old, String current) {
        notices.add(entry.problem(YamlTree.line(node), old + " works for this version only", "write " + current));
    }
}
