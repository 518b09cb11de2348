package org.pgsteward.backup;

import com.github.luben.zstd.EndDirective;
import com.github.luben.zstd.ZstdCompressCtx;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;

/**
 * Reads a stream compressed with zstd. Whoever reads pulls the source along, so memory is three buffers whatever the size,
 * and no thread stands between the two.
 */
final class CompressedStream extends InputStream {
    /** Bytes of each of its buffers: one of pg_dump's pipe-fuls, and about what the file endpoint asks for. */
    private static final int BUFFER = 128 * 1024;

    private final InputStream source;
    private final byte[] piece = new byte[BUFFER];
    private final ZstdCompressCtx zstd;
    private final ByteBuffer plain = ByteBuffer.allocateDirect(BUFFER).limit(0);
    private final ByteBuffer compressed = ByteBuffer.allocateDirect(BUFFER).limit(0);
    private long sourceBytes;
    private boolean sourceEnded;
    private boolean frameEnded;

    CompressedStream(InputStream source, int level) {
        this.source = source;
        this.zstd = new ZstdCompressCtx();
        zstd.setLevel(level);
        zstd.setChecksum(true);
    }

    /** Bytes read from the source so far. */
    long sourceBytes() {
        return sourceBytes;
    }

    @Override
    public int read() throws IOException {
        byte[] one = new byte[1];
        int read = read(one, 0, 1);
        return read < 0 ? -1 : one[0] & 0xff;
    }

    @Override
    public int read(byte[] target, int offset, int length) throws IOException {
        while (!compressed.hasRemaining()) {
            if (frameEnded) {
                return -1;
            }
            fill();
        }
        int count = Math.min(length, compressed.remaining());
        compressed.get(target, offset, count);
        return count;
    }

    private void fill() throws IOException {
        if (!plain.hasRemaining() && !sourceEnded) {
            plain.clear();
            // By way of an array: a channel on a stream would ask the kernel for 8 KiB at a time.
            int read = source.read(piece, 0, BUFFER);
            plain.put(piece, 0, Math.max(read, 0)).flip();
            sourceEnded = read < 0;
            sourceBytes += Math.max(read, 0);
        }
        compressed.clear();
        boolean flushed = zstd.compressDirectByteBufferStream(
                compressed, plain, sourceEnded ? EndDirective.END : EndDirective.CONTINUE);
        frameEnded = sourceEnded && flushed;
        compressed.flip();
    }

    @Override
    public void close() throws IOException {
        zstd.close();
        source.close();
    }
}
