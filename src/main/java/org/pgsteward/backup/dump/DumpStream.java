package org.pgsteward.backup.dump;

import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.security.DigestInputStream;
import java.security.MessageDigest;
import java.util.HexFormat;
import org.pgsteward.backup.store.AgeKeys;
import org.pgsteward.backup.store.CompressedStream;
import org.pgsteward.io.Sha256;
import org.pgsteward.postgres.ClientProgram;

/**
 * The stream that a file endpoint reads: the program's output, compressed, and encrypted if there are recipients. It
 * computes the hash of the stored bytes.
 *
 * <p>The stream ends with the exit code of the program, not with its output. A program that dies halfway ends its
 * output exactly like a finished one. A reader that got "end of stream" would store half a dump as a complete one. So
 * this stream throws at that point.
 */
final class DumpStream extends FilterInputStream {
    private final ClientProgram program;
    private final ContentHash content;
    private final CompressedStream compressed;
    private final MessageDigest hash;
    private long sizeBytes;
    private boolean whole;

    /**
     * @param plain the output of the program, possibly with a verification that reads along
     * @param keys the recipients, if any
     */
    DumpStream(ClientProgram program, InputStream plain, AgeKeys keys) throws IOException {
        this(program, new ContentHash(plain), keys);
    }

    private DumpStream(ClientProgram program, ContentHash content, AgeKeys keys) throws IOException {
        this(program, content, new CompressedStream(content), keys, Sha256.digest());
    }

    private DumpStream(
            ClientProgram program, ContentHash content, CompressedStream compressed, AgeKeys keys, MessageDigest hash)
            throws IOException {
        super(new DigestInputStream(keys.encrypts() ? keys.encrypted(compressed) : compressed, hash));
        this.program = program;
        this.content = content;
        this.compressed = compressed;
        this.hash = hash;
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
        if (read >= 0) {
            sizeBytes += read;
            return read;
        }
        try {
            program.awaitSuccess();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted at the end of the dump", e);
        }
        whole = true;
        return -1;
    }

    /** Returns the warnings of the program; empty if there are none. */
    String warnings() throws InterruptedException {
        return program.complaint();
    }

    /** Returns whether the stream was read to its end and the exit code was 0. */
    boolean isWhole() {
        return whole;
    }

    long sizeBytes() {
        return sizeBytes;
    }

    long sourceBytes() {
        return compressed.sourceBytes();
    }

    /** Returns the hash of the bytes that were read. May be called once, when the stream is complete. */
    String sha256Hex() {
        return HexFormat.of().formatHex(hash.digest());
    }

    /** Returns the hash of the content; empty if it has none. May be called once, when the stream is complete. */
    String contentSha256() {
        return content.sha256Hex().orElse("");
    }

    @Override
    public boolean markSupported() {
        return false;
    }

    @Override
    public long skip(long count) throws IOException {
        throw new IOException("cannot skip bytes of a dump");
    }

    @Override
    public int available() {
        return 0;
    }
}
