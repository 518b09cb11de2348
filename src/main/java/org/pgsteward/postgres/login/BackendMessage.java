package org.pgsteward.postgres.login;

import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.Map;

/** One message of a server, in the format of protocol version 3. */
final class BackendMessage {
    /** The most bytes of a message before the login is done. Real messages have a few hundred. */
    private static final int LARGEST = 16 * 1024;

    /** The most characters of a field of an error. */
    private static final int LONGEST_FIELD = 500;

    static final BackendMessage AUTHENTICATED = new BackendMessage('R', new byte[4]);

    private static final String PROGRAM_LIMIT_EXCEEDED = "54000";

    private final char type;
    private final byte[] body;

    BackendMessage(char type, byte[] body) {
        this.type = type;
        this.body = body;
    }

    /** Returns the type, such as {@code 'R'} for an authentication request. */
    char type() {
        return type;
    }

    /**
     * Reads one message, and no byte after it.
     *
     * @throws EOFException if the stream ends
     * @throws LoginRefused if this is no message that a server sends during a login
     */
    static BackendMessage read(InputStream stream, String where) throws IOException {
        DataInputStream in = new DataInputStream(stream);
        char type = (char) in.readUnsignedByte();
        int length = in.readInt() - 4;
        if ("RESKZNv".indexOf(type) < 0 || length < 0 || length > LARGEST) {
            throw new LoginRefused(
                    LoginRefused.Cause.WRONG_SERVER,
                    where + " is not a PostgreSQL server; set PGSTEWARD_POSTGRES_HOST and _PORT to the address of"
                            + " PostgreSQL",
                    null);
        }
        byte[] body = new byte[length];
        in.readFully(body);
        return new BackendMessage(type, body);
    }

    /** Creates an error that a client handles like an error of the server. */
    static BackendMessage error(String sqlState, String message) {
        return error("FATAL", sqlState, message);
    }

    /** Creates an error of a statement. The session continues after it. */
    static BackendMessage tooLong(String message) {
        return error("ERROR", PROGRAM_LIMIT_EXCEEDED, message);
    }

    private static BackendMessage error(String severity, String sqlState, String message) {
        Map<Character, String> fields = new LinkedHashMap<>();
        fields.put('S', severity);
        fields.put('V', severity);
        fields.put('C', sqlState);
        fields.put('M', message);
        return error(fields);
    }

    private static BackendMessage error(Map<Character, String> fields) {
        ByteArrayOutputStream body = new ByteArrayOutputStream();
        fields.forEach((field, text) -> {
            body.write(field);
            body.writeBytes(text.getBytes(StandardCharsets.UTF_8));
            body.write(0);
        });
        body.write(0);
        return new BackendMessage('E', body.toByteArray());
    }

    /**
     * Returns the fields of an error by their letters. The sender is not authenticated yet, so each field is reduced to
     * one line and cut at {@link #LONGEST_FIELD} characters.
     */
    Map<Character, String> fields() {
        Map<Character, String> fields = new LinkedHashMap<>();
        int at = 0;
        while (at < body.length && body[at] != 0) {
            int end = at + 1;
            while (end < body.length && body[end] != 0) {
                end++;
            }
            String text = new String(body, at + 1, end - at - 1, StandardCharsets.UTF_8)
                    .replaceAll("\\p{Cntrl}+", " ")
                    .strip();
            fields.put(
                    (char) body[at], text.length() <= LONGEST_FIELD ? text : text.substring(0, LONGEST_FIELD) + "...");
            at = end + 1;
        }
        return fields;
    }

    /** Returns this error with the fields as {@link #fields} returns them. */
    BackendMessage plainError() {
        return error(fields());
    }

    ByteBuffer buffer() {
        return ByteBuffer.wrap(body);
    }

    byte[] bytes() {
        return ByteBuffer.allocate(5 + body.length)
                .put((byte) type)
                .putInt(4 + body.length)
                .put(body)
                .array();
    }
}
