package org.pgsteward.backup.store;

import java.util.List;
import java.util.Optional;
import java.util.function.UnaryOperator;

/**
 * The place of the files that a {@code RECOVERY.md} lists, if they are copies at a target. Its first section has the text and
 * the lines.
 *
 * @param text sentences for an operator without pgsteward: which programs and secrets the lines need. Markdown, without a
 *     secret
 * @param lines the lines of a shell, quoted by {@link ShellWord}. After them, the working directory has the files under their
 *     paths, unless {@code plain} reads them
 * @param plain returns the command that writes the plain content of a file to its output, by the path of the file. Empty if
 *     the files are as in the store, compressed and perhaps encrypted
 */
public record CardOrigin(String text, List<String> lines, Optional<UnaryOperator<String>> plain) {
    /** Returns the origin of files that the lines fetch into the working directory. */
    public static CardOrigin fetched(String text, String... lines) {
        return new CardOrigin(text, List.of(lines), Optional.empty());
    }

    /**
     * Returns the origin of files whose plain content a command writes.
     *
     * @param plain returns the command by the path of the file
     * @param lines the lines to run first, such as settings of that command
     */
    public static CardOrigin streamed(String text, UnaryOperator<String> plain, String... lines) {
        return new CardOrigin(text, List.of(lines), Optional.of(plain));
    }

    /** A target that an operator's own route reaches by programs that pgsteward does not know. */
    public static CardOrigin unknown(String target) {
        return fetched("Fetch all files of the target `" + target + "` into one folder, as its route file"
                + " `copies/*.camel.yaml` with the id `copy-" + target + "` reaches it. Run the lines below in that"
                + " folder.");
    }
}
