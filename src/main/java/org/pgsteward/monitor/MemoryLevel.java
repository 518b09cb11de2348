package org.pgsteward.monitor;

import java.util.OptionalDouble;
import java.util.OptionalLong;
import org.pgsteward.model.Percent;
import org.pgsteward.model.Size;

/** A level of memory: a share of the limit, or a number of bytes for any limit. */
sealed interface MemoryLevel {

    /** Returns the level in bytes for a container with this limit in bytes. */
    long of(long limitBytes);

    /** @param percent of the limit, above 0 and up to 100 */
    record Share(double percent) implements MemoryLevel {
        public Share {
            if (!(percent > 0 && percent <= 100)) {
                throw new IllegalArgumentException("a level must be above 0% and at most 100%, not " + percent + "%");
            }
        }

        @Override
        public long of(long limitBytes) {
            return Math.round(limitBytes * percent / 100);
        }

        @Override
        public String toString() {
            return (percent == Math.rint(percent) ? Long.toString((long) percent) : Double.toString(percent)) + "%";
        }
    }

    /** @param bytes above 0 */
    record Bytes(long bytes) implements MemoryLevel {
        public Bytes {
            if (bytes <= 0) {
                throw new IllegalArgumentException("a level must be above 0 bytes, not " + bytes);
            }
        }

        @Override
        public long of(long limitBytes) {
            return bytes;
        }

        @Override
        public String toString() {
            return Size.words(bytes);
        }
    }

    /**
     * Reads {@code 80%}, {@code 200m}, {@code 1.5g} or a count of bytes; units count by 1024, as Docker's do.
     *
     * @param name of the setting or label, for the message
     * @throws IllegalArgumentException with name and value, if the text is none of these
     */
    static MemoryLevel parse(String name, String text) {
        OptionalDouble share = Percent.read(text);
        OptionalLong size = Size.read(text);
        try {
            if (share.isPresent()) {
                return new Share(share.getAsDouble());
            }
            if (size.isPresent()) {
                return new Bytes(size.getAsLong());
            }
        } catch (IllegalArgumentException outOfRange) {
            throw new IllegalArgumentException(name + " is '" + text + "': " + outOfRange.getMessage(), outOfRange);
        }
        throw new IllegalArgumentException(name + " is '" + text + "': write a share such as 80%, or bytes such as"
                + " 200m (units b, k, m, g, t)");
    }
}
