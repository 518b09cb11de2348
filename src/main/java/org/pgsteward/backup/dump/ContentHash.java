package org.pgsteward.backup.dump;

import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.security.MessageDigest;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.Optional;
import org.pgsteward.io.Sha256;

/**
 * A stream of a dump that computes the SHA-256 of its content while it is read. The time in the header of {@code pg_dump}'s
 * custom format does not count, so two dumps of an unchanged database have the same hash.
 *
 * <p>The header, by {@code ReadHead} of PostgreSQL's {@code pg_backup_archiver.c}: {@code PGDMP}, three bytes of the version,
 * the size of a number, the size of an offset, and the format. Then the compression follows, a number before version 1.15
 * and one byte since, and then seven numbers of the time. A number has a byte for its sign before its own bytes.
 */
final class ContentHash extends FilterInputStream {
    private static final byte[] MAGIC = {'P', 'G', 'D', 'M', 'P'};

    /** The place of the minor version of the format. The major version is before it. */
    private static final int MINOR = 6;

    private static final int NUMBER_SIZE = 8;
    private static final int FORMAT = 10;
    private static final int COMPRESSION = 11;

    private static final int CUSTOM = 1;

    /** The first minor version whose header has the compression as one byte. */
    private static final int COMPRESSION_IS_A_BYTE = 15;

    /** The oldest minor version with this header; PostgreSQL 12 and later write it. */
    private static final int OLDEST = 14;

    /** Bytes of a number of four bytes with its sign. */
    private static final int NUMBER = 5;

    private static final int TIME = 7 * NUMBER;

    /** Bytes up to the end of the time in the longest header. */
    private static final int HEAD = COMPRESSION + NUMBER + TIME;

    private final MessageDigest digest = Sha256.digest();
    private final byte[] head = new byte[HEAD];
    private int headRead;
    private boolean hasKnownHead;

    ContentHash(InputStream dump) {
        super(dump);
    }

    @Override
    public int read() throws IOException {
        byte[] one = new byte[1];
        int read = read(one, 0, 1);
        return read < 0 ? -1 : one[0] & 0xff;
    }

    @Override
    public int read(byte[] target, int offset, int length) throws IOException {
        int read = in.read(target, offset, length);
        if (read > 0) {
            update(target, offset, read);
        }
        return read;
    }

    private void update(byte[] bytes, int offset, int length) {
        int ofHead = Math.min(length, HEAD - headRead);
        if (ofHead > 0) {
            System.arraycopy(bytes, offset, head, headRead, ofHead);
            headRead += ofHead;
            if (headRead == HEAD) {
                hasKnownHead = removeTime(head);
                digest.update(head);
            }
        }
        digest.update(bytes, offset + ofHead, length - ofHead);
    }

    /** Overwrites the time in a header, and returns whether the header has the known form. */
    private static boolean removeTime(byte[] head) {
        int minor = head[MINOR];
        if (!Arrays.equals(head, 0, MAGIC.length, MAGIC, 0, MAGIC.length)
                || head[MINOR - 1] != 1
                || minor < OLDEST
                || head[NUMBER_SIZE] != NUMBER - 1
                || head[FORMAT] != CUSTOM) {
            return false;
        }
        int time = COMPRESSION + (minor < COMPRESSION_IS_A_BYTE ? NUMBER : 1);
        Arrays.fill(head, time, time + TIME, (byte) 0);
        return true;
    }

    /**
     * Returns the hash of the bytes that were read; empty if they do not begin with a known header. May be called once, when
     * the stream is complete.
     */
    Optional<String> sha256Hex() {
        return hasKnownHead ? Optional.of(HexFormat.of().formatHex(digest.digest())) : Optional.empty();
    }

    @Override
    public boolean markSupported() {
        return false;
    }

    @Override
    public long skip(long count) throws IOException {
        throw new IOException("cannot skip bytes of a dump");
    }
}
