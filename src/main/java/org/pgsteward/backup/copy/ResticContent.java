package org.pgsteward.backup.copy;

import java.io.FilterOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.security.DigestOutputStream;
import java.security.MessageDigest;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import org.pgsteward.backup.store.AgeKeys;
import org.pgsteward.backup.store.StoredFile;
import org.pgsteward.io.Sha256;

/**
 * The content of a backup as a repository gets it: the plain dump, of which equal parts are stored once, or the file of the
 * store.
 *
 * @param form {@link #PLAIN} or {@link #STORED}, for the tag
 * @param name of the file in the snapshot
 */
record ResticContent(Outgoing file, String form, String name, String sha256, long size) {
    /** The dump without the compression and the encryption of the store. */
    static final String PLAIN = "plain";

    /** As in the store. */
    static final String STORED = "stored";

    /**
     * Returns the plain content of a backup; empty if this host cannot decrypt it. Reads the whole file, so that a damaged
     * one is not sent.
     */
    static Optional<ResticContent> plain(Outgoing file, StoredFile stored) throws IOException {
        Counting counting = new Counting(OutputStream.nullOutputStream());
        try {
            stored.pourInto(counting);
        } catch (AgeKeys.NotForUs encrypted) {
            return Optional.empty();
        }
        return Optional.of(new ResticContent(file, PLAIN, plainName(file.path()), counting.sha256(), counting.sum));
    }

    /** Returns the file of the store. */
    static ResticContent stored(Outgoing file) {
        return new ResticContent(file, STORED, nameOf(file.path()), file.sha256(), file.sizeBytes());
    }

    List<String> tags() {
        return ResticSnapshot.tags(file.backupId(), file.path(), form, sha256, size);
    }

    /** Returns whether a snapshot has this content according to its tags. */
    boolean isIn(ResticSnapshot snapshot) {
        return snapshot.isComplete()
                && snapshot.path().equals(Optional.of(file.path()))
                && snapshot.form().equals(Optional.of(form))
                && snapshot.sha256().equals(Optional.of(sha256));
    }

    /**
     * Writes the content.
     *
     * @throws IOException if it is not the content with this hash any more
     */
    void write(OutputStream target) throws IOException {
        Counting counting = new Counting(target);
        if (form.equals(PLAIN)) {
            file.dump().orElseThrow().pourInto(counting);
        } else {
            try (InputStream content = org.pgsteward.io.BoundedFile.openNoLink(file.file())) {
                content.transferTo(counting);
            }
        }
        counting.flush();
        String sent = counting.sha256();
        if (!sent.equals(sha256)) {
            throw new IOException("the file " + file.path() + " changed while it was sent: its SHA-256 is " + sent
                    + " instead of " + sha256);
        }
    }

    /** Returns the name of the file in a snapshot. */
    static String name(String path, String form) {
        return form.equals(PLAIN) ? plainName(path) : nameOf(path);
    }

    private static String plainName(String path) {
        return nameOf(path).replaceFirst("\\.age$", "").replaceFirst("\\.zst$", "");
    }

    private static String nameOf(String path) {
        return path.substring(path.lastIndexOf('/') + 1);
    }

    /** Computes hash and size. Its end does not close the target: only a complete content may end. */
    private static final class Counting extends FilterOutputStream {
        private final MessageDigest digest;
        private long sum;

        Counting(OutputStream target) {
            this(target, Sha256.digest());
        }

        private Counting(OutputStream target, MessageDigest digest) {
            super(new DigestOutputStream(target, digest));
            this.digest = digest;
        }

        @Override
        public void write(int one) throws IOException {
            out.write(one);
            sum++;
        }

        @Override
        public void write(byte[] source, int offset, int length) throws IOException {
            out.write(source, offset, length);
            sum += length;
        }

        @Override
        public void close() throws IOException {
            out.flush();
        }

        String sha256() {
            return HexFormat.of().formatHex(digest.digest());
        }
    }
}
