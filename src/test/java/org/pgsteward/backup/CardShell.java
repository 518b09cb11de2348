package org.pgsteward.backup;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.pgsteward.postgres.TestCluster;

/** Types the lines of a {@code RECOVERY.md} into a shell. */
public final class CardShell {
    private static final Pattern BLOCK = Pattern.compile("(?s)\n```sh\n(.*?)\n```\n");

    private CardShell() {}

    /** Returns the blocks of lines in a card, in their order. */
    public static List<String> blocks(Path card) throws IOException {
        List<String> blocks = new ArrayList<>();
        Matcher matcher = BLOCK.matcher(Files.readString(card));
        while (matcher.find()) {
            blocks.add(matcher.group(1));
        }
        return blocks;
    }

    /**
     * Types blocks into one shell, with a cluster as the server.
     *
     * @return the output, without the names of intact files
     */
    public static String said(TestCluster cluster, Path directory, List<String> blocks)
            throws IOException, InterruptedException {
        ProcessBuilder sh =
                new ProcessBuilder("sh").directory(directory.toFile()).redirectErrorStream(true);
        sh.environment().putAll(Contents.environment(cluster));
        sh.environment().put("PATH", TestCluster.programs().directory() + ":" + System.getenv("PATH"));
        Process process = sh.start();
        try (var input = process.outputWriter(StandardCharsets.UTF_8)) {
            for (String block : blocks) {
                input.write(block.replace("sha256sum -c ", "sha256sum --quiet -c ") + "\n");
            }
        }
        String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        process.waitFor();
        return said;
    }
}
