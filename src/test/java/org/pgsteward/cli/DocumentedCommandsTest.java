package org.pgsteward.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** The documents name only commands, options and files that exist. */
@Tag("fast")
public class DocumentedCommandsTest {
    private static final Pattern LINK = Pattern.compile("\\]\\(([^)#:]+)(?:#[^)]*)?\\)");
    private static final Pattern FILE = Pattern.compile("(?<![\\w/.])(?:src|routes)/[\\w./-]*[\\w-]");
    private static final Pattern PLACEHOLDER = Pattern.compile("routes/(?:templates|catalogue\\.json).*");

    /** The lines that {@link HowToIT} cannot type, with the reason. It types all others. */
    private static final Map<Pattern, String> NEEDS_MORE = Map.of(
            Pattern.compile(
                            "docker compose (up|build|create|stop|pause|unpause|exec postgresql|exec -T pgsteward tar)( .*)?"),
                    "a Docker Engine",
            Pattern.compile("docker (network connect|exec) .*"), "a Docker Engine",
            Pattern.compile("tar .* \\| docker compose run .* --entrypoint tar .*"), "a Docker Engine",
            Pattern.compile("docker compose run --rm init"), "a Docker Engine",
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
            assertThat(LINK.matcher(text).results().map(found -> file.resolveSibling(found.group(1))))
                    .as("links of " + file)
                    .allMatch(Files::exists);
            assertThat(FILE.matcher(text)
                            .results()
                            .map(found -> found.group())
                            .filter(name -> !PLACEHOLDER.matcher(name).matches()))
                    .as("files that " + file + " names")
                    .allMatch(name -> Files.exists(Path.of(name)));
        }
    }
}
