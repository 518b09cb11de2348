package org.pgsteward.engine;

import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;

/**
 * A JSON stream that cuts each name and each text at a limit.
 *
 * <p>A label's name and value may have any length. A parser reads a name completely before its caller can skip it.
 */
final class BoundedJson extends FilterInputStream {
    private final int longest;
    private boolean text;
    private boolean escaped;
    private int hexDigits;
    private int length;
    private boolean cut;

    /**
     * Wraps a document.
     *
     * @param longest limit of a name or a text, in bytes as encoded in the document
     */
    BoundedJson(InputStream document, int longest) {
        super(document);
        this.longest = longest;
    }

    @Override
    public int read() throws IOException {
        byte[] one = new byte[1];
        return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
    }

    @Override
    public int read(byte[] target, int offset, int most) throws IOException {
        if (most == 0) {
            return 0;
        }
        while (true) {
            int read = super.read(target, offset, most);
            if (read < 0) {
                return read;
            }
            int kept = offset;
            for (int at = offset; at < offset + read; at++) {
                if (keeps(target[at])) {
                    target[kept++] = target[at];
                }
            }
            if (kept > offset) {
                return kept - offset;
            }
        }
    }

    private boolean keeps(byte one) {
        if (!text) {
            if (one == '"') {
                text = true;
                length = 0;
                cut = false;
            }
            return true;
        }
        // A cut must not fall inside an escape or inside a UTF-8 character.
        if (!cut && !escaped && hexDigits == 0 && length >= longest && (one & 0xc0) != 0x80) {
            cut = true;
        }
        length++;
        if (escaped) {
            escaped = false;
            hexDigits = one == 'u' ? 4 : 0;
        } else if (hexDigits > 0) {
            hexDigits--;
        } else if (one == '\\') {
            escaped = true;
        } else if (one == '"') {
            text = false;
            return true;
        }
        return !cut;
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
    public boolean markSupported() {
        return false;
    }
}
