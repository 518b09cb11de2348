package org.pgsteward.backup.copy;

import java.io.BufferedReader;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.pgsteward.backup.store.Store;

/** The names of files at a remote, which may have any number of them, and any names. */
final class RcloneNames {
    private static final int MOST = 200_000;
    private static final int LONGEST = 1024;

    private static final Pattern UNSAFE = Pattern.compile("[\\p{Cc}\\p{Zl}\\p{Zp}]|(^|/)\\.\\.?(/|$)|^/|//");

    private RcloneNames() {}

    /** Reads a list of paths, one a line, without unfinished files and without names that pgsteward never writes. */
    static List<String> read(BufferedReader lines) throws IOException {
        List<String> paths = new ArrayList<>();
        StringBuilder line = new StringBuilder();
        int found = 0;
        for (int next = lines.read(); next >= 0; next = lines.read()) {
            if (next != '\n') {
                if (line.length() <= LONGEST) {
                    line.append((char) next);
                }
                continue;
            }
            if (++found > MOST) {
                throw new IOException("the remote has more than " + MOST + " files, the limit");
            }
            String path = line.toString();
            line.setLength(0);
            if (isOurs(path)) {
                paths.add(path);
            }
        }
        return paths;
    }

    private static boolean isOurs(String path) {
        return path.length() <= LONGEST
                && !path.isEmpty()
                && !path.endsWith(".part")
                && !path.equals(FolderPlace.MARKER)
                && !UNSAFE.matcher(path).find();
    }

    /** Returns the number of manifests in a folder, and removes everything else that a hostile remote could put there. */
    static int keepManifests(Path folder) throws IOException {
        int kept = 0;
        List<Path> files;
        try (Stream<Path> all = Files.walk(folder, 2)) {
            files = all.filter(file -> !Files.isDirectory(file, LinkOption.NOFOLLOW_LINKS))
                    .toList();
        }
        for (Path file : files) {
            if (Files.isRegularFile(file, LinkOption.NOFOLLOW_LINKS)
                    && file.toString().endsWith(Store.manifestOf(""))
                    && isOurs(folder.relativize(file).toString())) {
                kept++;
            } else {
                Files.delete(file);
            }
        }
        return kept;
    }
}
