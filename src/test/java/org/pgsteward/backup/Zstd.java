package org.pgsteward.backup;

import java.io.IOException;

/** The program zstd, with which operators restore. */
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
