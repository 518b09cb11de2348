package org.pgsteward.app;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Pattern;

/** A reader of {@code src/docs/reference.md} for the tests that compare it with the code. */
public final class Reference {
    public static final Path FILE = Path.of("src/docs/reference.md");

    private static final Pattern CODE = Pattern.compile("`([^`]+)`");

    private Reference() {}

    /**
     * Returns the rows of all tables under a heading of the second level, by the name in the first cell.
     *
     * @return the cells after the name
     * @throws IllegalStateException when a name occurs twice
     */
    public static Map<String, List<String>> rows(String heading) throws IOException {
        Map<String, List<String>> rows = new TreeMap<>();
        boolean inside = false;
        for (String line : Files.readAllLines(FILE)) {
            if (line.startsWith("## ")) {
                inside = line.equals("## " + heading);
            } else if (inside && line.startsWith("| `")) {
                List<String> cells = List.of(line.substring(1).split("\\|"));
                List<String> others = cells.stream().skip(1).map(String::strip).toList();
                if (rows.put(codes(cells.get(0)).get(0), others) != null) {
                    throw new IllegalStateException(FILE + " has a duplicate row: " + line);
                }
            }
        }
        return rows;
    }

    /** Returns the texts between backticks, except those in round brackets. */
    public static List<String> codes(String cell) {
        List<String> codes = new ArrayList<>();
        CODE.matcher(cell.replaceAll("\\([^)]*\\)", "")).results().forEach(found -> codes.add(found.group(1)));
        return codes;
    }
}
