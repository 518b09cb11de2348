package org.pgsteward.backup.store;

import com.github.luben.zstd.EndDirective;
import com.github.luben.zstd.ZstdCompressCtx;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;

/**
 * A stream compressed with zstd. The reader pulls the data from the source. So memory is a few buffers for any size,
 * and no thread is needed in between.
 *
 * <p>The stream is a sequence of frames, each with its own level:
 *
 * <ol>
 *   <li>{@link CompressionTrial} compresses the beginning of a frame at a fast level and at a thorough one.
 *   <li>The frame continues at the level that was worth its time.
 *   <li>After 64 MiB of the source the frame ends, and the next one starts with a new trial. The content of a database
 *       varies.
 * </ol>
 *
 * <p>All buffers are on the heap. Direct buffers have a limit of their own that no garbage collection enforces. They
 * also remain allocated while any object refers to a closed stream. zstd is equally fast on both kinds.
 */
public final class CompressedStream extends InputStream {
    /** Bytes of each buffer: the content of pg_dump's pipe, and about the read size of the file endpoint. */
    private static final int BUFFER = 128 * 1024;

    /** Bytes of the source in one frame. At this size, the loss of the previous frame's history is negligible. */
    private static final long FRAME = 64L << 20;

    private static final ByteBuffer EMPTY = ByteBuffer.allocate(0);

    private final InputStream source;
    private final ZstdCompressCtx zstd = new ZstdCompressCtx();
    private final CompressionTrial trial = new CompressionTrial();
    private ByteBuffer compressed = ByteBuffer.allocate(BUFFER).limit(0);

    /** Grows to the size of a sample, which most dumps of small databases never fill. */
    private ByteBuffer plain = ByteBuffer.allocate(BUFFER).limit(0);

    private long sourceBytes;
    private long frameEndsAt;
    private boolean sourceEnded;
    private boolean betweenFrames = true;
    private volatile boolean closed;

    public CompressedStream(InputStream source) {
        this.source = source;
        zstd.setChecksum(true);
    }

    /** Returns the number of bytes read from the source so far. */
    public long sourceBytes() {
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

    /** Throws if the stream is closed. A reader that got "end of stream" would take half a dump for a complete one. */
    private void requireOpen() throws IOException {
        if (closed) {
            throw new IOException("the dump was closed before it was read completely");
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
        while (plain.position() < CompressionTrial.SAMPLE && !sourceEnded) {
            if (!plain.hasRemaining()) {
                plain = ByteBuffer.allocate(CompressionTrial.SAMPLE).put(plain.flip());
            }
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

    /** Also releases the memory, even if other objects still refer to this stream. */
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
