package org.pgsteward.backup.store;

import com.github.luben.zstd.Zstd;
import com.github.luben.zstd.ZstdCompressCtx;
import java.nio.ByteBuffer;

/**
 * Determines by trial which of two zstd levels is worth its time for a piece of a dump. Prose becomes a tenth smaller
 * at the thorough level. Similar rows become no smaller there, sometimes larger, and cost half as much time again. The
 * fast level alone would compress text less than pg_dump's own gzip does.
 */
final class CompressionTrial implements AutoCloseable {
    /** Bytes that suffice for a decision. The result held for the hundreds of megabytes behind them. */
    static final int SAMPLE = 1 << 20;

    /** The thorough level is worth its time if its result has at most this share of the fast level's size. */
    private static final double WORTH = 0.99;

    private static final int FAST = 1;

    /** The default of zstd, which compresses better than pg_dump's gzip. */
    private static final int THOROUGH = 3;

    private final ZstdCompressCtx zstd = new ZstdCompressCtx();
    private byte[] spent = new byte[0];

    /**
     * Returns the level for data like this sample.
     *
     * @param sample on the heap, at most {@link #SAMPLE} bytes; it is not modified
     */
    int levelFor(ByteBuffer sample) {
        return size(sample, THOROUGH) <= WORTH * size(sample, FAST) ? THOROUGH : FAST;
    }

    /** @return the compressed size in bytes */
    private int size(ByteBuffer sample, int level) {
        int most = (int) Zstd.compressBound(sample.remaining());
        if (spent.length < most) {
            spent = new byte[most];
        }
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
