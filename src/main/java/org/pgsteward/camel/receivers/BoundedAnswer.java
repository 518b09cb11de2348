package org.pgsteward.camel.receivers;

import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.time.Duration;
import org.apache.hc.core5.http.HttpEntity;
import org.apache.hc.core5.http.io.entity.HttpEntityWrapper;
import org.jspecify.annotations.Nullable;

/**
 * Beginning of an HTTP answer, limited in bytes and in time. If there is more, the connection is discarded, since an
 * orderly close would first read the rest.
 */
final class BoundedAnswer extends HttpEntityWrapper {
    /** Limit in bytes. An answer that explains a refusal has some hundred bytes. */
    static final int MOST_BYTES = 64 * 1024;

    /** Limit of the whole answer. The route's own timeout applies to each part only. */
    private static final Duration LONGEST = Duration.ofMinutes(1);

    private final Runnable giveUp;
    private @Nullable Beginning content;

    /** @param giveUp closes the connection at once */
    BoundedAnswer(HttpEntity answer, Runnable giveUp) {
        super(answer);
        this.giveUp = giveUp;
    }

    @Override
    public InputStream getContent() throws IOException {
        Beginning begun = content;
        if (begun == null) {
            begun = new Beginning(super.getContent());
            content = begun;
        }
        return begun;
    }

    @Override
    public void writeTo(OutputStream target) throws IOException {
        try (InputStream beginning = getContent()) {
            beginning.transferTo(target);
        }
    }

    /** Returns the length; -1 if it is unknown or beyond the limit. */
    @Override
    public long getContentLength() {
        long said = super.getContentLength();
        return said > MOST_BYTES ? -1 : said;
    }

    private final class Beginning extends FilterInputStream {
        private final long began = System.nanoTime();
        private int left = MOST_BYTES;
        private boolean over;

        Beginning(InputStream all) {
            super(all);
        }

        @Override
        public int read() throws IOException {
            byte[] one = new byte[1];
            return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
        }

        @Override
        public int read(byte[] target, int offset, int length) throws IOException {
            if (over || length == 0) {
                return over ? -1 : 0;
            }
            if (left == 0 || System.nanoTime() - began > LONGEST.toNanos()) {
                over = true;
                giveUp.run();
                return -1;
            }
            int read = super.read(target, offset, Math.min(left, length));
            if (read < 0) {
                over = true;
            } else {
                left -= read;
            }
            return read;
        }

        @Override
        public long skip(long count) throws IOException {
            long skipped = 0;
            while (skipped < count && read() >= 0) {
                skipped++;
            }
            return skipped;
        }

        @Override
        public void close() throws IOException {
            if (over) {
                super.close();
            } else {
                over = true;
                giveUp.run();
            }
        }
    }
}
