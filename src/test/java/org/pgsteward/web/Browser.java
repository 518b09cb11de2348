package org.pgsteward.web;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/** A headless Chromium with a new profile, for one page. */
final class Browser {
    private Browser() {}

    /** Returns the page as the browser interpreted it, after its permitted scripts have run. */
    static String dump(String address, int width) throws IOException, InterruptedException {
        Path folder = Files.createTempDirectory("pgsteward-browser-");
        Path dump = folder.resolve("dump.html");
        try {
            Process browser = new ProcessBuilder(List.of(
                            NeedsBrowser.Condition.program().orElseThrow().toString(),
                            "--headless",
                            "--no-sandbox",
                            "--disable-gpu",
                            "--disable-quic",
                            "--disable-dev-shm-usage",
                            "--hide-scrollbars",
                            "--no-first-run",
                            "--disable-background-networking",
                            "--disable-component-update",
                            "--disable-sync",
                            "--user-data-dir=" + folder.resolve("profile"),
                            "--window-size=" + width + ",900",
                            "--dump-dom",
                            address))
                    .redirectOutput(dump.toFile())
                    .redirectError(folder.resolve("log").toFile())
                    .start();
            if (!browser.waitFor(8, TimeUnit.MINUTES)) {
                browser.descendants().forEach(ProcessHandle::destroyForcibly);
                browser.destroyForcibly().waitFor();
                throw new IOException("the browser did not end: " + Files.readString(folder.resolve("log")));
            }
            return Files.readString(dump);
        } finally {
            remove(folder);
        }
    }

    private static void remove(Path folder) throws IOException {
        try (Stream<Path> files = Files.walk(folder)) {
            for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
                Files.deleteIfExists(file);
            }
        }
    }
}
