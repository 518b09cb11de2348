package org.pgsteward.web;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/** A headless Chromium with a new profile, for one page. */
final class Browser {
    private Browser() {}

    /** Returns the page as the browser interpreted it, after its permitted scripts have run. */
    static String dump(String address, int width) throws IOException, InterruptedException {
        return dump(address, width, false);
    }

    /** Returns the same in the colours for a dark screen or for a light one. */
    static String dump(String address, int width, boolean dark) throws IOException, InterruptedException {
        return run(address, width, 900, dark, List.of("--dump-dom"));
    }

    /** Writes a picture of the page as PNG, in the colours for a dark screen or for a light one. */
    static void picture(String address, int width, int height, boolean dark, Path file)
            throws IOException, InterruptedException {
        run(
                address,
                width,
                height,
                dark,
                List.of("--screenshot=" + file.toAbsolutePath(), "--force-device-scale-factor=1"));
    }

    private static String run(String address, int width, int height, boolean dark, List<String> task)
            throws IOException, InterruptedException {
        Path folder = Files.createTempDirectory("pgsteward-browser-");
        Path output = folder.resolve("output");
        try {
            List<String> command = new ArrayList<>(List.of(
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
                    "--blink-settings=preferredColorScheme=" + (dark ? 0 : 1),
                    "--window-size=" + width + "," + height));
            command.addAll(task);
            command.add(address);
            Process browser = new ProcessBuilder(command)
                    .redirectOutput(output.toFile())
                    .redirectError(folder.resolve("log").toFile())
                    .start();
            if (!browser.waitFor(8, TimeUnit.MINUTES)) {
                browser.descendants().forEach(ProcessHandle::destroyForcibly);
                browser.destroyForcibly().waitFor();
                throw new IOException("the browser did not end: " + Files.readString(folder.resolve("log")));
            }
            return Files.readString(output);
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
