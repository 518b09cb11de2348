package org.pgsteward.engine.http;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Status line and header fields of a response (RFC 9112, sections 4 and 5).
 *
 * @param headers the values of each field in their order; names in any case
 */
record ResponseHead(int status, Map<String, List<String>> headers) {
    /** The size limit of all lines of a head, in bytes. Docker's have about 300. */
    static final int MOST_BYTES = 32 * 1024;

    /** The most header fields. Docker sends about eight, and a proxy some more. */
    static final int MOST_FIELDS = 100;

    /** The most interim responses before the final one. */
    static final int MOST_INTERIM = 10;

    private static final String HEAD = "the head of the response";
    private static final int FIRST_FINAL = 200;
    private static final int SWITCHING_PROTOCOLS = 101;

    private static final Pattern STATUS_LINE = Pattern.compile("HTTP/1\\.[0-9] ([1-9][0-9]{2})(?: .*)?");

    /** A token of RFC 9110, section 5.6.2. */
    private static final Pattern FIELD_NAME = Pattern.compile("[!#$%&'*+.^_`|~0-9A-Za-z-]+");

    /**
     * Reads the head of the final response and skips interim ones with a status of 1xx (RFC 9110, section 15.2).
     *
     * @throws IOException if it is malformed or exceeds a limit, or if the connection ends before it is complete
     */
    static ResponseHead read(Incoming incoming) throws IOException {
        for (int interim = 0; interim <= MOST_INTERIM; interim++) {
            ResponseHead head = readOne(incoming);
            if (head.status >= FIRST_FINAL) {
                return head;
            }
            if (head.status == SWITCHING_PROTOCOLS) {
                throw new IOException("the response switches to another protocol, which was not requested");
            }
        }
        throw new IOException("more than " + MOST_INTERIM + " interim responses");
    }

    private static ResponseHead readOne(Incoming incoming) throws IOException {
        String first = incoming.line(MOST_BYTES, HEAD);
        Matcher status = STATUS_LINE.matcher(first);
        if (!status.matches()) {
            throw new IOException("the response is not HTTP/1");
        }
        return new ResponseHead(
                Integer.parseInt(status.group(1)), fields(incoming, MOST_BYTES - first.length(), MOST_FIELDS));
    }

    /**
     * Reads field lines up to the empty line after them.
     *
     * @param mostBytes the size limit of all lines
     */
    static Map<String, List<String>> fields(Incoming incoming, int mostBytes, int mostFields) throws IOException {
        Map<String, List<String>> fields = new TreeMap<>(String.CASE_INSENSITIVE_ORDER);
        List<String> last = new ArrayList<>();
        int left = mostBytes;
        int count = 0;
        for (String line = incoming.line(left, HEAD); !line.isEmpty(); line = incoming.line(left, HEAD)) {
            left -= line.length() + 1;
            if (++count > mostFields) {
                throw new IOException("the response has more than " + mostFields + " header fields");
            }
            if (line.charAt(0) == ' ' || line.charAt(0) == '\t') {
                unfold(last, line);
            } else {
                last = add(fields, line);
            }
        }
        return fields;
    }

    private static List<String> add(Map<String, List<String>> fields, String line) throws IOException {
        int colon = line.indexOf(':');
        if (colon < 0 || !FIELD_NAME.matcher(line.substring(0, colon)).matches()) {
            throw new IOException("the response has a malformed header field");
        }
        List<String> values = fields.computeIfAbsent(line.substring(0, colon), name -> new ArrayList<>());
        values.add(line.substring(colon + 1).strip());
        return values;
    }

    /** Appends the continuation of a value (RFC 9112, section 5.2): old servers break long values into lines. */
    private static void unfold(List<String> last, String line) throws IOException {
        if (last.isEmpty()) {
            throw new IOException("the response has a malformed header field");
        }
        int newest = last.size() - 1;
        last.set(newest, (last.get(newest) + ' ' + line.strip()).strip());
    }

    /** Returns all values of a field, joined by commas (RFC 9110, section 5.3); empty if there is none. */
    Optional<String> value(String name) {
        return Optional.ofNullable(headers.get(name)).map(values -> String.join(",", values));
    }
}
