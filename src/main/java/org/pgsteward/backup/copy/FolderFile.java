package org.pgsteward.backup.copy;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.OpenOption;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.security.DigestInputStream;
import java.security.MessageDigest;
import java.util.HexFormat;
import java.util.Set;
import org.pgsteward.io.BoundedFile;
import org.pgsteward.io.Sha256;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The content of a copy in a folder. */
final class FolderFile {
    private static final Logger LOG = LoggerFactory.getLogger(FolderFile.class);

    private static final int BUFFER = 128 * 1024;
    private static final Set<OpenOption> NEW = Set.of(StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE);

    private FolderFile() {}

    /**
     * Gives a copy with the same content another name, instead of sending the content again.
     *
     * @param other the copy that may have the content
     * @param name the new name
     * @return false if the copy is missing or has another content, or the file system has no hard links
     */
    static boolean link(Outgoing file, Path other, Path name) {
        try {
            if (!Files.isRegularFile(other, LinkOption.NOFOLLOW_LINKS)
                    || !hash(other).equals(file.sha256())) {
                return false;
            }
            Files.createLink(name, other);
            return true;
        } catch (IOException | UnsupportedOperationException e) {
            LOG.debug("{} is sent, beside {}: {}", file.path(), other, e.toString());
            return false;
        }
    }

    /** Writes a new file, and syncs it. */
    static void write(Outgoing file, Path part) throws IOException {
        try (InputStream content = file.open();
                FileChannel channel = FileChannel.open(part, NEW);
                OutputStream out = Channels.newOutputStream(channel)) {
            byte[] buffer = new byte[BUFFER];
            for (int read = content.read(buffer); read >= 0; read = content.read(buffer)) {
                out.write(buffer, 0, read);
            }
            channel.force(true);
        }
    }

    /** Returns the SHA-256 of a file, which must not be a link. */
    static String hash(Path file) throws IOException {
        MessageDigest digest = Sha256.digest();
        try (InputStream in = new DigestInputStream(BoundedFile.openNoLink(file), digest)) {
            in.transferTo(OutputStream.nullOutputStream());
        }
        return HexFormat.of().formatHex(digest.digest());
    }
}
