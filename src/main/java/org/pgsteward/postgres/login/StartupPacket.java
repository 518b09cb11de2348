package org.pgsteward.postgres.login;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;

/** The first packet of a client. It has no type, only a length and a code. */
final class StartupPacket {
    /** In bytes. PostgreSQL accepts no longer packet. */
    private static final int LONGEST = 10_000;

    private static final int SHORTEST = 8;
    private static final int CANCEL = 1234 << 16 | 5678;
    private static final int TLS = 1234 << 16 | 5679;
    private static final int GSS = 1234 << 16 | 5680;

    static final byte[] TLS_REQUEST =
            ByteBuffer.allocate(8).putInt(8).putInt(TLS).array();

    private final byte[] bytes;

    private StartupPacket(byte[] bytes) {
        this.bytes = bytes;
    }

    /** Returns the packet as the client sent it. */
    byte[] bytes() {
        return bytes;
    }

    /**
     * Returns the packet; empty until all of it has arrived.
     *
     * @throws IOException if the bytes are no such packet
     */
    static Optional<StartupPacket> of(ByteArrayOutputStream received) throws IOException {
        if (received.size() < 4) {
            return Optional.empty();
        }
        byte[] bytes = received.toByteArray();
        int length = ByteBuffer.wrap(bytes).getInt();
        if (length < SHORTEST || length > LONGEST || bytes.length > length) {
            throw new IOException("the client's first packet has " + length + " bytes and is not a PostgreSQL packet");
        }
        return bytes.length == length ? Optional.of(new StartupPacket(bytes)) : Optional.empty();
    }

    private int code() {
        return ByteBuffer.wrap(bytes).getInt(4);
    }

    boolean isCancel() {
        return code() == CANCEL;
    }

    /** Returns whether the client requests encryption, which it does not need on its way to pgsteward. */
    boolean asksForEncryption() {
        return code() == TLS || code() == GSS;
    }

    /** Returns the role that the client requests; an empty text if it names none. */
    String user() {
        Map<String, String> parameters = new HashMap<>();
        String[] texts = new String(bytes, SHORTEST, bytes.length - SHORTEST, StandardCharsets.UTF_8).split("\0", -1);
        for (int i = 0; i + 1 < texts.length && !texts[i].isEmpty(); i += 2) {
            parameters.put(texts[i], texts[i + 1]);
        }
        return parameters.getOrDefault("user", "");
    }
}
