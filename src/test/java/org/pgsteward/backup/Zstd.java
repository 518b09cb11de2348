package org.pgsteward.backup;

import java.io.IOException;

/** The program of that name, which people restore with. */
public final class Zstd {
    private Zstd() {}

    public static boolean isInstalled() {
        try {
            Process version = new ProcessBuilder("zstd", "--version")
                    .redirectErrorStream(true)
                    .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                    .start();
            return version.waitFor() == 0;
        } catch (IOException e) {
            return false;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return false;
        }
    }
}
