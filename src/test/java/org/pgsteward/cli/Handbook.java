package org.pgsteward.cli;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** The documents: the Markdown files of the root and of {@code src/docs}, with the lines that they ask to type. */
public final class Handbook {
    public static final Path README = Path.of("README.md");
    public static final Path CHANGELOG = Path.of("CHANGELOG.md");
    private static final List<Path> FOR_DEVELOPERS =
            List.of(Path.of("CONTRIBUTING.md"), Path.of("SECURITY.md"), CHANGELOG);
    private static final Path DOCS = Path.of("src/docs");
    private static final Path HOW_TO = DOCS.resolve("how-to");

    private static final Pattern FENCE = Pattern.compile("^\\s*(?:\\d+\\. )?```(\\w*)\\s*$");
    private static final Pattern SPAN = Pattern.compile("`([^`]+)`");
    private static final Pattern COMMAND = Pattern.compile(
            "(?:^|&& |\\| )(?:docker compose exec pgsteward |docker compose run --rm (?:--no-deps )?)?(?:\\./)?pgsteward (.+)");
    private static final Pattern WORD = Pattern.compile("'([^']*)'|\"([^\"]*)\"|(\\S+)");

    private Handbook() {}

    /**
     * A line of code with its place.
     *
     * @param language the language of the fence: {@code sh} is typed, {@code text} is output; empty without a fence
     */
    public record Line(Path file, int number, String language, String text) {
        /** Returns the words after {@code pgsteward}. Returns none if the line does not start pgsteward. */
        public List<String> command() {
            Matcher command = COMMAND.matcher(text);
            return command.find() ? words(command.group(1)) : List.of();
        }

        @Override
        public String toString() {
            return file + ":" + number + ": " + text;
        }
    }

    /**
     * A line to type.
     *
     * @param shown the lines of its output, in this order; an ellipsis stands for any text
     */
    public record Step(Line line, List<String> shown) {
        /** Returns the pattern of the output. */
        public Pattern shape() {
            return Pattern.compile(shown.stream()
                    .map(text ->
                            Stream.of(text.split("…", -1)).map(Pattern::quote).collect(Collectors.joining(".*")))
                    .collect(Collectors.joining("[^\n]*\n(?:.*\n)*?[^\n]*")));
        }
    }

    /** Returns the page of a subject, such as {@code restore}. */
    public static Path page(String subject) {
        return DOCS.resolve(subject + ".md");
    }

    public static Path howTo(String task) {
        return HOW_TO.resolve(task + ".md");
    }

    /** Returns the lines that a page asks its reader to type, in order. */
    public static List<Step> steps(Path file) throws IOException {
        List<Step> steps = new ArrayList<>();
        for (Line line : blocks(file)) {
            if (line.language().equals("sh")) {
                steps.add(new Step(line, new ArrayList<>()));
            } else if (line.language().equals("text")) {
                steps.get(steps.size() - 1).shown().add(line.text());
            }
        }
        return steps;
    }

    /** Returns the lines for {@code .env} of a page. */
    public static List<Line> settings(Path file) throws IOException {
        return blocks(file).stream()
                .filter(line -> line.language().equals("dotenv"))
                .toList();
    }

    /** Returns the README and the pages of subjects, without the pages of tasks. */
    public static List<Path> subjects() throws IOException {
        return files().stream()
                .filter(file -> !file.startsWith(HOW_TO) && !FOR_DEVELOPERS.contains(file))
                .toList();
    }

    /** Returns all documents. */
    public static List<Path> files() throws IOException {
        try (Stream<Path> docs = Files.walk(DOCS)) {
            return Stream.of(
                            Stream.of(README),
                            FOR_DEVELOPERS.stream(),
                            docs.filter(file -> file.toString().endsWith(".md")).sorted())
                    .flatMap(files -> files)
                    .toList();
        }
    }

    /**
     * Returns the lines of code blocks, indented or fenced. A line that ends with a backslash continues in the next.
     */
    public static List<Line> blocks(Path file) throws IOException {
        List<Line> code = new ArrayList<>();
        List<String> lines = Files.readAllLines(file);
        @Nullable String language = null;
        StringBuilder open = new StringBuilder();
        for (int i = 0; i < lines.size(); i++) {
            String line = lines.get(i);
            Matcher fence = FENCE.matcher(line);
            if (fence.find()) {
                language = language == null ? fence.group(1) : null;
            } else if (language != null || line.startsWith("    ")) {
                open.append(line.strip());
                if (line.endsWith("\\")) {
                    open.setLength(open.length() - 1);
                } else {
                    code.add(new Line(file, i + 1, language == null ? "" : language, open.toString()));
                    open.setLength(0);
                }
            }
        }
        return code;
    }

    /** Returns the texts between backticks in the running text, including those that a line break divides. */
    static List<Line> spans(Path file) throws IOException {
        List<Line> spans = new ArrayList<>();
        String[] paragraphs = Files.readString(file).split("\n[ \t]*\n", -1);
        int number = 1;
        for (String paragraph : paragraphs) {
            if (!paragraph.contains("```") && !paragraph.startsWith("    ")) {
                Matcher span = SPAN.matcher(paragraph);
                while (span.find()) {
                    spans.add(new Line(file, number, "", span.group(1).replaceAll("\\s+", " ")));
                }
            }
            number += (int) paragraph.lines().count() + 1;
        }
        return spans;
    }

    /** Splits a line into words like a shell, as far as our documents need it. */
    private static List<String> words(String line) {
        List<String> words = new ArrayList<>();
        Matcher word = WORD.matcher(line);
        while (word.find()) {
            String bare = word.group(3);
            if (bare != null && (bare.startsWith("#") || List.of("|", ">", "&&").contains(bare))) {
                break;
            }
            words.add(bare != null ? bare : word.group(1) != null ? word.group(1) : word.group(2));
        }
        return words;
    }
}
