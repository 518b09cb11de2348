package org.pgsteward.config;

import java.nio.file.Path;

/** Forms of paths. */
final class Paths {
    /** A path that programs and messages get as it was written. */
    static final Form<Path> AS_WRITTEN = new Form<>("path", (name, text) -> Path.of(text));

    /** An absolute path, without {@code .} and {@code ..}. */
    static final Form<Path> ABSOLUTE =
            new Form<>("path", (name, text) -> Path.of(text).toAbsolutePath().normalize());

    private Paths() {}
}
