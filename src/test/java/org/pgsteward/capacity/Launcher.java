package org.pgsteward.capacity;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The JVM options of the launcher, read from the launcher itself. */
final class Launcher {
    private static final Pattern FLAGS = Pattern.compile("(?s)\nflags=\"(.*?)\"\n");

    private Launcher() {}

    static List<String> flags() throws IOException {
        Matcher flags = FLAGS.matcher(Files.readString(Path.of("pgsteward")));
        if (!flags.find()) {
            throw new IllegalStateException("the launcher has no line that begins with flags=");
        }
        return List.of(flags.group(1).strip().split("\\s+"));
    }
}
