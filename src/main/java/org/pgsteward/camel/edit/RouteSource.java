package org.pgsteward.camel.edit;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import org.pgsteward.camel.lint.FormRule;
import org.pgsteward.camel.lint.Problem;
import org.pgsteward.camel.lint.RouteCheck;
import org.pgsteward.camel.lint.RouteFiles;
import org.pgsteward.camel.lint.RouteSet;

/**
 * Which route files a process runs: those in the folder, or, when they would be refused, those that were last in force.
 * So a restart after a bad edit, by whatever hand, does not leave a night without backups.
 */
public final class RouteSource {
    private static final int MOST_NAMED = 10;

    private final Path folder;
    private final LastGood lastGood;
    private final Supplier<RouteCheck> check;
    private final Map<String, String> settings;

    /**
     * @param settings the values of placeholders, and the types that an operator lists
     * @param check asked only where the files are not those that were last in force
     */
    public RouteSource(Path folder, Path stateDir, Map<String, String> settings, Supplier<RouteCheck> check) {
        this.folder = folder;
        this.settings = Map.copyOf(settings);
        this.lastGood = new LastGood(stateDir);
        this.check = check;
    }

    /**
     * What is to run.
     *
     * @param refused what is wrong with what lies in the folder, which then is not what runs
     * @param known whether it has been in force before
     */
    public record Chosen(RouteFiles files, List<Problem> refused, boolean known) {}

    /**
     * @throws IllegalArgumentException when the files would be refused and nothing has been in force yet, with each fault
     * @throws UncheckedIOException when the folder cannot be read
     */
    public Chosen choose() {
        RouteFiles files;
        Optional<RouteFiles> good;
        try {
            files = RouteFiles.read(folder);
            good = lastGood.read();
        } catch (IOException e) {
            throw new UncheckedIOException("the route files in " + folder + " cannot be read: " + e.getMessage(), e);
        }
        if (good.isEmpty()) {
            // What Camel would refuse, it refuses at the start; to ask twice would make each first start a slow one.
            require(FormRule.problems(files, settings));
            return new Chosen(files, List.of(), false);
        }
        // What was in force under an older version may bring code along.
        require(FormRule.code(RouteSet.of(good.get()), settings));
        if (good.get().equals(files)) {
            return new Chosen(files, List.of(), true);
        }
        List<Problem> problems = check.get().problems(files);
        return problems.isEmpty() ? new Chosen(files, List.of(), true) : new Chosen(good.get(), problems, true);
    }

    private void require(List<Problem> problems) {
        if (!problems.isEmpty()) {
            throw refusal(problems);
        }
    }

    /** A refusal of a start in one text: the first fault in its first line, and one more in each that follows. */
    public IllegalArgumentException refusal(List<Problem> problems) {
        String more = problems.size() > MOST_NAMED ? "\nand " + (problems.size() - MOST_NAMED) + " more" : "";
        return new IllegalArgumentException(problems.stream()
                        .limit(MOST_NAMED)
                        .map(problem -> problem.in(folder))
                        .collect(Collectors.joining("\n", "the routes are refused: ", ""))
                + more);
    }

    public RouteCheck check() {
        return check.get();
    }

    public Path folder() {
        return folder;
    }

    LastGood lastGood() {
        return lastGood;
    }
}
