package org.pgsteward.backup.dump;

import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.security.DigestInputStream;
import java.security.MessageDigest;
import java.util.HexFormat;
import org.pgsteward.backup.store.AgeKeys;
import org.pgsteward.io.Sha256;
import org.pgsteward.postgres.ClientProgram;

/**
 * What a file endpoint reads: the program's output, compressed, sealed if there is somebody to seal it to, with the hash
 * of what is stored taken on the way.
 *
 * <p>The end of the program's output is not the end of this stream: only the exit code is. A program that dies half-way
 * ends its output as quietly as one that is done, and a reader that is told "end" stores half a dump as a whole one; so
 * at that point this stream throws.
 */
final class DumpStream extends FilterInputStream {
    private final ClientProgram program;
    private final CompressedStream compressed;
    private final MessageDigest hash;
    private long sizeBytes;
    private boolean whole;

    /**
     * @param plain what the program writes, as it is or watched on the way
     * @param keys to whom it is sealed, if to anybody
     */
    DumpStream(ClientProgram program, InputStream plain, AgeKeys keys) throws IOException {
        this(program, new CompressedStream(plain), keys, Sha256.digest());
    }

    private DumpStream(ClientProgram program, CompressedStream compressed, AgeKeys keys, MessageDigest hash)
            throws IOException {
        super(new DigestInputStream(keys.seals() ? keys.encrypted(compressed) : compressed, hash));
        this.program = program;
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
            throw new IOException("interrupted at the end of a dump", e);
        }
        whole = true;
        return -1;
    }

    /** What the program warned of; empty when of nothing. */
    String warnings() throws InterruptedException {
        return program.complaint();
    }

    /** The stream is read to its end, and the program said 0. */
    boolean isWhole() {
        return whole;
    }

    long sizeBytes() {
        return sizeBytes;
    }

    long sourceBytes() {
        return compressed.sourceBytes();
    }

    /** Of what was read; to be asked once, when whole. */
    String sha256Hex() {
        return HexFormat.of().formatHex(hash.digest());
    }

    @Override
    public boolean markSupported() {
        return false;
    }

    @Override
    public long skip(long count) throws IOException {
        throw new IOException("a dump is read from its beginning to its end");
    }

    @Override
    public int available() {
        return 0;
    }
}
