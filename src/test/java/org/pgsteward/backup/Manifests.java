package org.pgsteward.backup;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;

/** Manifests that a test changes. */
public final class Manifests {
    private Manifests() {}

    /** Writes {@code text} and signs it, as a program would that has the key of the host's state folder. */
    public static void write(Path manifest, String text) throws IOException {
        Path key = manifest.resolve("../../../state/manifest_key").normalize();
        byte[] unsigned = unsigned(text).getBytes(StandardCharsets.UTF_8);
        Files.write(manifest, ManifestKeys.of(Optional.empty(), key).signed(unsigned));
    }

    /** The same without the line of the signature. */
    public static String unsigned(String text) {
        return text.replaceFirst(",\\n  \"signature\" : \"[^\"]*\"(?=\\n}\\z)", "");
    }
}
