package org.pgsteward.camel.lint;

import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.pgsteward.config.AllSettings;
import org.pgsteward.io.YamlTree;

/** Previous names in route files. They work for one more version, and each is reported with its successor. Pure. */
public final class OldNames {
    private static final Pattern PLACEHOLDER = Pattern.compile("\\{\\{\\??(pgsteward\\.[a-z0-9.-]+)");

    private static final String NOTICE = " is read for this version only";

    private OldNames() {}

    /** Returns a notice for each previous name, in the order of files and lines. */
    public static List<Problem> in(RouteFiles files) {
        RouteSet set = RouteSet.of(files);
        List<Problem> notices = new ArrayList<>();
        Stream.concat(set.beans().values().stream(), set.routes().values().stream())
                .forEach(entry -> settings(entry, notices));
        return notices.stream().distinct().sorted().toList();
    }

    private static void settings(RouteSet.Entry entry, List<Problem> notices) {
        YamlTree.scalars(entry.node()).forEach(scalar -> {
            Matcher named = PLACEHOLDER.matcher(scalar.getValue());
            while (named.find()) {
                String current = AllSettings.currentName(named.group(1));
                if (!current.equals(named.group(1))) {
                    notices.add(entry.problem(
                            YamlTree.line(scalar), "{{" + named.group(1) + "}}" + NOTICE, "write {{" + current + "}}"));
                }
            }
        });
    }
}
