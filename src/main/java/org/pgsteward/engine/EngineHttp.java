package org.pgsteward.engine;

import com.github.dockerjava.transport.DockerHttpClient;
import java.io.IOException;
import java.io.InputStream;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.Optional;

/** GET requests to the Docker Engine's API, each within a time limit. A refusal of the engine or of a proxy is an exception. */
final class EngineHttp {
    private static final int OK = 200;
    private static final int NOT_FOUND = 404;

    /** Bytes of a refusal that its exception quotes. */
    private static final int MOST_QUOTED = 300;

    private final String host;
    private final String version;
    private final Deadline transport;

    /** @param version of the API as the first part of each path, such as {@code /v1.41}; empty for the engine's own version */
    EngineHttp(String host, String version, Deadline transport) {
        this.host = host;
        this.version = version;
        this.transport = transport;
    }

    /** Returns the response, which the caller closes. A stream of events is returned when it begins. */
    DockerHttpClient.Response get(String path) {
        return transport.execute(DockerHttpClient.Request.builder()
                .method(DockerHttpClient.Request.Method.GET)
                .path(version + path)
                .build());
    }

    /** Reads the needed part of a response while it arrives. */
    interface Reading<T> {
        T of(InputStream body) throws IOException;
    }

    /**
     * @param what the object of the request, for the exception
     * @throws EngineAway if there is no response in time, it is not a success, or it cannot be read
     */
    <T> T read(String path, String what, Reading<T> reading) {
        return transport.read(version + path, (status, body) -> {
            expectOk(status, body, what);
            return reading.of(body);
        });
    }

    /** As {@link #read}; empty if the object does not exist. */
    <T> Optional<T> find(String path, String what, Reading<Optional<T>> reading) {
        return transport.read(version + path, (status, body) -> {
            if (status == NOT_FOUND) {
                return Optional.empty();
            }
            expectOk(status, body, what);
            return reading.of(body);
        });
    }

    /** Returns whether the object exists. */
    static boolean isFound(DockerHttpClient.Response response) {
        return response.getStatusCode() != NOT_FOUND;
    }

    /** @throws EngineAway if the response is not a success, with the beginning of its body */
    void expectOk(DockerHttpClient.Response response, String what) throws IOException {
        expectOk(response.getStatusCode(), response.getBody(), what);
    }

    private void expectOk(int status, InputStream body, String what) throws IOException {
        if (status != OK) {
            String text = new String(body.readNBytes(MOST_QUOTED), StandardCharsets.UTF_8).strip();
            throw EngineAway.refusing(
                    "the Docker Engine at " + host + " answered " + status + " to " + what + ": " + text,
                    new IOException("HTTP " + status));
        }
    }

    /** Returns a name as a part of a path. Slashes, colons and at signs stay: the name of an image may contain them. */
    static String segment(String name) {
        return URLEncoder.encode(name, StandardCharsets.UTF_8)
                .replace("+", "%20")
                .replace("%2F", "/")
                .replace("%3A", ":")
                .replace("%40", "@");
    }
}
