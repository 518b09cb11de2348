package org.pgsteward.cli;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.Optional;
import java.util.Set;
import org.pgsteward.alert.OneLine;
import org.pgsteward.app.Wiring;
import org.pgsteward.config.CopyConfig;
import org.pgsteward.model.Refusal;

/**
 * The place from which a restore takes its backups: a target of copies, or a folder that is a store.
 *
 * @param name of the target; empty for a folder
 */
record FromPlace(Optional<String> name, Path folder) {
    /**
     * Finds the place. The name of a target has priority over a folder of the same name.
     *
     * @throws Refusal if there is neither, with the names of the targets
     */
    static FromPlace of(String text, Wiring wiring) throws IOException {
        Path folder = folder(text);
        if (text.indexOf('/') >= 0) {
            return new FromPlace(Optional.empty(), folder);
        }
        Set<String> targets = wiring.copies.targetsInFiles();
        if (targets.contains(text)) {
            return new FromPlace(Optional.of(text), folder);
        }
        if (Files.isDirectory(folder)) {
            return new FromPlace(Optional.empty(), folder);
        }
        throw none(text, targets);
    }

    private static Path folder(String text) {
        try {
            return Path.of(text).toAbsolutePath().normalize();
        } catch (InvalidPathException e) {
            throw new Refusal(
                    "--from takes the name of a target or a folder, and '" + OneLine.of(text, 60) + "' can be neither");
        }
    }

    private static Refusal none(String text, Set<String> targets) {
        return new Refusal("there is no target and no folder '" + OneLine.of(text, 60) + "'; "
                + (targets.isEmpty()
                        ? "the route files have no target"
                        : "the targets are " + String.join(", ", targets)));
    }

    /** Returns the refusal for a target that is in the route files and not switched on. */
    static Refusal off(String target) {
        String variable = CopyConfig.switches().get(target);
        return new Refusal("the target " + target + " is switched off; set "
                + (variable == null ? "the setting that the precondition of its route names" : variable));
    }
}
