package org.pgsteward.acceptance;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.pgsteward.cli.DocumentedCommandsTest;
import org.pgsteward.cli.Handbook;

/**
 * Every documented line that needs an engine is typed by a story. {@link Pages#type} types a whole page, so a page
 * counts as typed if the source of a story names it.
 */
@Tag("fast")
class TypedPagesTest {
    private static final Path STORIES = Path.of("src/test/java/org/pgsteward/acceptance");
    private static final Pattern TYPED = Pattern.compile("pages\\.type\\(\"([a-z-]+)\"\\)");

    @Test
    void everyLineThatNeedsAnEngineIsTypedByAStory() throws IOException {
        Set<String> typed = typed();

        assertThat(typed).hasSizeGreaterThan(30);
        for (Path file : Handbook.files()) {
            assertThat(Handbook.blocks(file).stream()
                            .filter(line -> line.language().equals("sh"))
                            .filter(DocumentedCommandsTest::needsMore)
                            .map(Handbook.Line::text)
                            .filter(line -> !typed.contains(line)))
                    .as(file.toString())
                    .isEmpty();
        }
    }

    /** Returns the lines of all pages that stories type. */
    private static Set<String> typed() throws IOException {
        Set<String> typed = new TreeSet<>();
        try (Stream<Path> files = Files.list(STORIES)) {
            for (Path file :
                    files.filter(path -> path.toString().endsWith("IT.java")).toList()) {
                Matcher task = TYPED.matcher(Files.readString(file));
                while (task.find()) {
                    Handbook.steps(Handbook.howTo(task.group(1)))
                            .forEach(step -> typed.add(step.line().text()));
                }
            }
        }
        return typed;
    }
}
