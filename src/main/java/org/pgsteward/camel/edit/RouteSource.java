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
 * Choice of a process's route files: the files in the folder or, if these would be refused, the files that were last in
 * force. So a restart after a bad edit does not leave a night without backups.
 */
public final class RouteSource {
    private static final int MOST_NAMED = 10;

    private final Path folder;
    private final LastGood lastGood;
    private final Supplier<RouteCheck> check;
    private final Map<String, String> settings;

    /**
     * @param settings values of placeholders, and the types that the operator lists
     * @param check supplies the full check, for files that differ from those last in force
     */
    public RouteSource(Path folder, Path stateDir, Map<String, String> settings, Supplier<RouteCheck> check) {
        this.folder = folder;
        this.settings = Map.copyOf(settings);
        this.lastGood = new LastGood(stateDir);
        this.check = check;
    }

    /**
     * Files to run.
     *
     * @param refused faults of the files in the folder; if there are any, older files are to run
     * @param known whether files had been in force before this start; only then were these checked completely
     */
    public record Chosen(RouteFiles files, List<Problem> refused, boolean known) {}

    /**
     * Chooses the files.
     *
     * @throws IllegalArgumentException with each fault, if the files would be refused and none were in force before
     * @throws UncheckedIOException if the folder cannot be read
     */
    public Chosen choose() {
        RouteFiles files;
        Optional<RouteFiles> good;
        try {
            files = RouteFiles.read(folder);
            good = lastGood.read();
        } catch (IOException e) {
            throw new UncheckedIOException("cannot read the route files in " + folder + ": " + e.getMessage(), e);
        }
        if (good.isEmpty()) {
            // Camel refuses other faults at the start. A full check here would slow down each first start.
            require(FormRule.problems(files, settings));
            return new Chosen(files, List.of(), false);
        }
        // Files that an older version accepted may contain code.
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

    /** Returns the refusal of a start. The first line has the first fault, and each further line one more. */
    public IllegalArgumentException refusal(List<Problem> problems) {
        String more = problems.size() > MOST_NAMED ? "\nand " + (problems.size() - MOST_NAMED) + " more" : "";
        return new IllegalArgumentException(problems.stream()
                        .limit(MOST_NAMED)
                        .map(problem -> problem.in(folder))
                        .collect(Collectors.joining("\n", "route files refused: ", ""))
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
