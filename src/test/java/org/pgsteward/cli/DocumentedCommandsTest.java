package org.pgsteward.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.regex.MatchResult;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** The documents name only commands, options, files, headings and classes that exist. */
@Tag("fast")
public class DocumentedCommandsTest {
    private static final Pattern LINK = Pattern.compile("\\]\\(([^)#:]*)(?:#([^)]*))?\\)");
    private static final Pattern HEADING = Pattern.compile("(?m)^#+ (.*)$");
    /** A class of pgsteward. The headers of Camel's file component look the same. */
    private static final Pattern CLASS =
            Pattern.compile("((?!CamelFile)[A-Z][a-z0-9]+(?:[A-Z][a-z0-9]*)+)(?:\\.\\w+)?");

    private static final Path SOURCES = Path.of("src/main/java/org/pgsteward");
    private static final Pattern SOURCE = Pattern.compile("[a-z]+(?:/[\\w-]+)+\\.java");
    private static final Pattern FILE = Pattern.compile("(?<![\\w/.])(?:src|routes)/[\\w./-]*[\\w-]");
    private static final Pattern PLACEHOLDER = Pattern.compile("routes/(?:templates|catalogue\\.json).*");

    /** The lines that {@link HowToIT} cannot type, with the reason. It types all others. */
    private static final Map<Pattern, String> NEEDS_MORE = Map.of(
            Pattern.compile(
                            "docker compose (up|build|create|stop|pause|unpause|down|rm|cp|pull|run .* -v .*|exec postgresql|exec -T pgsteward tar)( .*)?"),
                    "a Docker Engine",
            Pattern.compile("docker (network connect|exec) .*"), "a Docker Engine",
            Pattern.compile("tar .* \\| docker compose run .* --entrypoint tar .*"), "a Docker Engine",
            Pattern.compile("docker compose run --rm init"), "a Docker Engine",
            Pattern.compile("docker compose exec pgsteward pgsteward notify --test"), "the receivers of an operator",
            Pattern.compile("git .*"), "a checkout with a remote",
            Pattern.compile("crontab -e"), "an editor");

    /** Returns whether the line needs an engine or an editor. */
    public static boolean needsMore(Handbook.Line line) {
        return NEEDS_MORE.keySet().stream()
                .anyMatch(pattern -> pattern.matcher(line.text()).matches());
    }

    static Stream<Handbook.Line> commands() throws IOException {
        Stream.Builder<Handbook.Line> commands = Stream.builder();
        for (Path file : Handbook.files()) {
            Stream.concat(Handbook.blocks(file).stream(), Handbook.spans(file).stream())
                    .filter(line -> !line.command().isEmpty())
                    .forEach(commands::add);
        }
        return commands.build();
    }

    @ParameterizedTest
    @MethodSource("commands")
    void theCommandLineTakesIt(Handbook.Line line) {
        List<String> words = line.command();
        assertThatCode(() -> Commands.line().parseArgs(words.toArray(String[]::new)))
                .as(line.toString())
                .doesNotThrowAnyException();
    }

    @Test
    void theReadmeAloneHasManyOfThem() throws IOException {
        assertThat(commands().filter(line -> line.file().equals(Handbook.README)))
                .hasSizeGreaterThan(15);
    }

    @Test
    void everyFileAndEveryLinkThatTheyNameIsThere() throws IOException {
        for (Path file : Handbook.files()) {
            String text = Files.readString(file);
            for (MatchResult link : LINK.matcher(text).results().toList()) {
                Path target = link.group(1).isEmpty() ? file : file.resolveSibling(link.group(1));
                assertThat(target).as("%s links %s", file, link.group()).exists();
                if (link.group(2) != null) {
                    assertThat(anchors(target))
                            .as("%s links %s", file, link.group())
                            .contains(link.group(2));
                }
            }
            assertThat(FILE.matcher(text)
                            .results()
                            .map(found -> found.group())
                            .filter(name -> !PLACEHOLDER.matcher(name).matches()))
                    .as("files named in " + file)
                    .allMatch(name -> Files.exists(Path.of(name)));
        }
    }

    /** Except the changelog, whose entries name classes and settings of PostgreSQL and of earlier versions. */
    @Test
    void everyClassThatTheyNameIsThere() throws IOException {
        Set<String> classes;
        try (Stream<Path> sources = Files.walk(Path.of("src"))) {
            classes = sources.map(file -> file.getFileName().toString())
                    .filter(name -> name.endsWith(".java"))
                    .map(name -> name.replace(".java", ""))
                    .collect(Collectors.toSet());
        }
        for (Path file : Handbook.files()) {
            if (!file.equals(Handbook.CHANGELOG)) {
                assertThat(names(file, CLASS, 1))
                        .as("classes named in %s", file)
                        .isSubsetOf(classes);
            }
            assertThat(names(file, SOURCE, 0))
                    .as("sources named in %s", file)
                    .allMatch(name -> Files.exists(SOURCES.resolve(name)) || Files.exists(Path.of(name)));
        }
    }

    private static List<String> names(Path file, Pattern pattern, int group) throws IOException {
        return Handbook.spans(file).stream()
                .map(span -> pattern.matcher(span.text()))
                .filter(Matcher::matches)
                .map(name -> name.group(group))
                .toList();
    }

    /** Returns the anchors of the headings of a page, as GitHub and GitLab derive them. */
    private static List<String> anchors(Path file) throws IOException {
        return HEADING.matcher(Files.readString(file))
                .results()
                .map(heading -> heading.group(1)
                        .toLowerCase(Locale.ROOT)
                        .replaceAll("[^\\w -]", "")
                        .replace(' ', '-'))
                .toList();
    }
}
