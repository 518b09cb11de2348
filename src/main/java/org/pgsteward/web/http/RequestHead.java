package org.pgsteward.web.http;

import java.net.URI;
import java.net.URISyntaxException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Locale;
import java.util.Optional;
import java.util.regex.Pattern;

/**
 * First line of a request. Of the headers only {@code Accept-Encoding} is used, and the body is not read. Pure.
 *
 * @param path decoded, without a query
 * @param acceptsGzip whether the client can read a compressed answer
 */
public record RequestHead(String method, String path, boolean acceptsGzip) {
    /** A gzip coding with an optional weight of more than 0. */
    private static final Pattern GZIP = Pattern.compile("\\s*(?:x-)?gzip\\s*(?:;\\s*q=(?!0(?:\\.0*)?\\s*$).*)?");

    private static final String ENCODINGS = "accept-encoding:";

    /** Returns the end of the request's head in {@code bytes}; -1 if it is incomplete. */
    static int end(byte[] bytes, int length) {
        for (int at = 0; at < length; at++) {
            if (bytes[at] == '\n'
                    && at + 1 < length
                    && (bytes[at + 1] == '\n' || (bytes[at + 1] == '\r' && at + 2 < length && bytes[at + 2] == '\n'))) {
                return at + 1;
            }
        }
        return -1;
    }

    /** Returns the head; empty if it is not an HTTP/1 request. */
    static Optional<RequestHead> of(byte[] bytes, int length) {
        String head = new String(bytes, 0, length, StandardCharsets.ISO_8859_1);
        String line = head.lines().findFirst().orElse("");
        int first = line.indexOf(' ');
        int last = line.lastIndexOf(' ');
        if (first <= 0 || last <= first + 1 || !line.startsWith("HTTP/1.", last + 1)) {
            return Optional.empty();
        }
        try {
            return Optional.ofNullable(new URI(line.substring(first + 1, last)).getPath())
                    .map(path -> new RequestHead(line.substring(0, first), path, acceptsGzip(head)));
        } catch (URISyntaxException e) {
            return Optional.empty();
        }
    }

    private static boolean acceptsGzip(String head) {
        return head.lines()
                .map(line -> line.toLowerCase(Locale.ROOT))
                .filter(line -> line.startsWith(ENCODINGS))
                .flatMap(
                        line -> Arrays.stream(line.substring(ENCODINGS.length()).split(",")))
                .anyMatch(coding -> GZIP.matcher(coding).matches());
    }

    public boolean isHead() {
        return method.equals("HEAD");
    }

    public boolean isRead() {
        return isHead() || method.equals("GET");
    }
}
