package org.pgsteward.backup.dump;

import com.github.luben.zstd.Zstd;
import com.github.luben.zstd.ZstdCompressCtx;
import java.nio.ByteBuffer;

/**
 * Finds out by trying at which of two zstd levels a piece of a dump is worth being compressed. Prose gets a tenth smaller
 * at the thorough one; rows that resemble one another get no smaller, sometimes larger, and cost half as much again.
 * The fast one alone would make text larger than pg_dump's own gzip does.
 */
final class CompressionTrial implements AutoCloseable {
    /** Bytes that are enough to tell: what is found in them held for the hundreds of megabytes behind them. */
    static final int SAMPLE = 1 << 20;

    /** A level is worth its time if it leaves at most so much of the other's size. */
    private static final double WORTH = 0.99;

    private static final int FAST = 1;

    /** zstd's own default: smaller than pg_dump's gzip. */
    private static final int THOROUGH = 3;

    private final ZstdCompressCtx zstd = new ZstdCompressCtx();
    private byte[] spent = new byte[(int) Zstd.compressBound(SAMPLE)];

    /** @param sample on the heap, at most {@link #SAMPLE} bytes; it stays as it is */
    int levelFor(ByteBuffer sample) {
        return size(sample, THOROUGH) <= WORTH * size(sample, FAST) ? THOROUGH : FAST;
    }

    /** @return bytes */
    private int size(ByteBuffer sample, int level) {
        zstd.setLevel(level);
        return zstd.compressByteArray(
                spent, 0, spent.length, sample.array(), sample.arrayOffset() + sample.position(), sample.remaining());
    }

    @Override
    public void close() {
        zstd.close();
        spent = new byte[0];
    }
}
