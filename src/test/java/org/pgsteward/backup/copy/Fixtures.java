package org.pgsteward.backup.copy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HexFormat;
import java.util.Optional;
import org.pgsteward.io.Sha256;

/** Files that tests send to a place. */
final class Fixtures {
    private Fixtures() {}

    static Outgoing outgoing(Path root, String path, boolean mayReplace) throws IOException {
        return outgoing(root, path, mayReplace, 0);
    }

    static Outgoing outgoing(Path root, String path, boolean mayReplace, long bytesPerSecond) throws IOException {
        byte[] content = Files.readAllBytes(root.resolve(path));
        return new Outgoing(
                path,
                root.resolve(path),
                content.length,
                HexFormat.of().formatHex(Sha256.digest().digest(content)),
                "",
                Optional.empty(),
                Optional.empty(),
                mayReplace,
                bytesPerSecond);
    }
}
