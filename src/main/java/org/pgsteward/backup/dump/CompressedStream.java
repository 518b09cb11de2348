package org.pgsteward.backup.dump;

import com.github.luben.zstd.EndDirective;
import com.github.luben.zstd.ZstdCompressCtx;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;

/**
 * Reads a stream compressed with zstd. Whoever reads pulls the source along, so memory is a few buffers whatever the size,
 * and no thread stands between the two.
 *
 * <p>It is a row of frames, each of which chooses its own level:
 *
 * <ol>
 *   <li>What a frame begins with is compressed by {@link CompressionTrial} at a fast level and at a thorough one.
 *   <li>The frame goes on at the level that was worth it.
 *   <li>After 64 MiB of the source the frame ends, and the next one is tried anew: a database is not of one kind.
 * </ol>
 *
 * <p>All buffers lie on the heap. Direct ones have a limit of their own that no collection of the heap keeps, and stay
 * taken for as long as anything refers to a stream that has long been closed; zstd is as fast on either kind.
 */
final class CompressedStream extends InputStream {
    /** Bytes of each of its buffers: one of pg_dump's pipe-fuls, and about what the file endpoint asks for. */
    private static final int BUFFER = 128 * 1024;

    /** Bytes of the source in one frame: so many that what it forgets of the frame before does not count. */
    private static final long FRAME = 64L << 20;

    private static final ByteBuffer EMPTY = ByteBuffer.allocate(0);

    private final InputStream source;
    private final ZstdCompressCtx zstd = new ZstdCompressCtx();
    private final CompressionTrial trial = new CompressionTrial();
    private ByteBuffer compressed = ByteBuffer.allocate(BUFFER).limit(0);
    private ByteBuffer plain = ByteBuffer.allocate(CompressionTrial.SAMPLE).limit(0);
    private long sourceBytes;
    private long frameEndsAt;
    private boolean sourceEnded;
    private boolean betweenFrames = true;
    private volatile boolean closed;

    CompressedStream(InputStream source) {
        this.source = source;
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
        requireOpen();
        while (!compressed.hasRemaining()) {
            if (sourceEnded && betweenFrames) {
                return -1;
            }
            fill();
            requireOpen();
        }
        int count = Math.min(length, compressed.remaining());
        compressed.get(target, offset, count);
        return count;
    }

    /** A reader that is told "end" would take half a dump for a whole one. */
    private void requireOpen() throws IOException {
        if (closed) {
            throw new IOException("the dump was ended before it was read to its end");
        }
    }

    private void fill() throws IOException {
        if (betweenFrames) {
            beginFrame();
        } else if (!plain.hasRemaining() && !isFrameRead()) {
            plain.clear().limit(BUFFER);
            readSome();
            plain.flip();
        }
        compressed.clear();
        betweenFrames = zstd.compressByteBufferStream(
                        compressed, plain, isFrameRead() ? EndDirective.END : EndDirective.CONTINUE)
                && isFrameRead();
        compressed.flip();
    }

    private void beginFrame() throws IOException {
        plain.clear();
        while (plain.hasRemaining() && !sourceEnded) {
            readSome();
        }
        plain.flip();
        zstd.setLevel(trial.levelFor(plain));
        frameEndsAt = sourceBytes - plain.remaining() + FRAME;
        betweenFrames = false;
    }

    private boolean isFrameRead() {
        return sourceEnded || sourceBytes >= frameEndsAt;
    }

    private void readSome() throws IOException {
        int read = source.read(plain.array(), plain.position(), Math.min(BUFFER, plain.remaining()));
        plain.position(plain.position() + Math.max(read, 0));
        sourceEnded = read < 0;
        sourceBytes += Math.max(read, 0);
    }

    /** Gives back the memory too, whoever still refers to this stream. */
    @Override
    public void close() throws IOException {
        try (source;
                zstd;
                trial) {
            closed = true;
            compressed = EMPTY;
            plain = EMPTY;
        }
    }
}
