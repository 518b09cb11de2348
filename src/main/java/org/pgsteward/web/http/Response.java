package org.pgsteward.web.http;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.zip.GZIPOutputStream;

/**
 * Answer to a request.
 *
 * @param policy content security policy, which limits the sources and the frames of a page
 */
public record Response(int status, String type, String text, String policy) {
    /** Policy of answers that are not pages. */
    private static final String NOTHING_AT_ALL = "default-src 'none'; frame-ancestors 'none'";

    /** Bytes from which an answer is compressed. */
    private static final int WORTH_COMPRESSING = 2048;

    private static final Map<Integer, String> REASONS = Map.of(
            200, "OK",
            400, "Bad Request",
            404, "Not Found",
            405, "Method Not Allowed",
            431, "Request Header Fields Too Large",
            500, "Internal Server Error",
            503, "Service Unavailable");

    public Response(int status, String type, String text) {
        this(status, type, text, NOTHING_AT_ALL);
    }

    public static Response plain(int status, String text) {
        return new Response(status, "text/plain; charset=utf-8", text + "\n");
    }

    /**
     * Returns the answer with its headers, as it is sent.
     *
     * @param gzip whether the client accepts a compressed answer; a short one is sent as it is
     */
    ByteBuffer bytes(boolean withoutBody, boolean gzip, Instant now) {
        byte[] body = text.getBytes(StandardCharsets.UTF_8);
        boolean large = body.length >= WORTH_COMPRESSING;
        if (large && gzip) {
            body = compressed(body);
        }
        Map<String, String> headers = new LinkedHashMap<>();
        headers.put("Date", DateTimeFormatter.RFC_1123_DATE_TIME.format(now.atZone(ZoneOffset.UTC)));
        headers.put("Connection", "close");
        headers.put("Content-Length", Integer.toString(body.length));
        headers.put("Content-Type", type);
        if (large) {
            headers.put("Vary", "Accept-Encoding");
            if (gzip) {
                headers.put("Content-Encoding", "gzip");
            }
        }
        headers.put("Cache-Control", "no-store");
        headers.put("X-Content-Type-Options", "nosniff");
        headers.put("Referrer-Policy", "no-referrer");
        headers.put("Content-Security-Policy", policy);
        if (status == 405) {
            headers.put("Allow", "GET, HEAD");
        }
        StringBuilder head = new StringBuilder("HTTP/1.1 " + status + " " + REASONS.getOrDefault(status, "") + "\r\n");
        headers.forEach(
                (name, value) -> head.append(name).append(": ").append(value).append("\r\n"));
        byte[] begun = head.append("\r\n").toString().getBytes(StandardCharsets.ISO_8859_1);
        ByteBuffer all = ByteBuffer.allocate(begun.length + (withoutBody ? 0 : body.length));
        all.put(begun);
        if (!withoutBody) {
            all.put(body);
        }
        return all.flip();
    }

    private static byte[] compressed(byte[] body) {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream(body.length / 4);
        try (GZIPOutputStream gzip = new GZIPOutputStream(bytes)) {
            gzip.write(body);
        } catch (IOException impossible) {
            throw new UncheckedIOException(impossible);
        }
        return bytes.toByteArray();
    }
}
